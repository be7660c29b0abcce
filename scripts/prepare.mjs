// Runs after `npm ci` and before `npm pack`. `npx spatile` in the checkout runs it too when it links the package for the
// first time (npm_command is exec then); the program is there by that time, and a second build would only take time.
if (process.env.npm_command !== 'exec') await import('./build.mjs');
