import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { SpatileError } from '@spatile/formats/errors';
import { STYLE } from './style.ts';

/**
 * The live page of a server, in one document: runs, the tiles of one of them on the slide, workers, throughput and errors.
 * `policy` allows its own style and script by their digests, connections to the server itself, and nothing else.
 */
export function runsPage(): { html: string; policy: string } {
  const script = readFileSync(scriptFile(), 'utf8').trim();
  const policy = [
    "default-src 'none'",
    `style-src '${digest(STYLE)}'`,
    `script-src '${digest(script)}'`,
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
  return { html: document(script), policy };
}

const document = (script: string): string => `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>spatile runs</title>
<style>${STYLE}</style>
<h1>spatile runs</h1>
<p id="state" aria-live="polite"></p>
<table id="runs"><thead><tr><th>run</th><th>state</th><th>output</th><th>doing</th></tr></thead><tbody></tbody></table>
<section id="run" hidden>
  <h2 id="title"></h2>
  <p id="facts"></p>
  <label>step <select id="step"></select></label>
  <ul id="legend"></ul>
  <svg id="map" role="img" aria-label="tiles on the slide"></svg>
  <div id="chips"></div>
  <p id="tile" aria-live="polite"></p>
  <h3>workers</h3>
  <table id="workers"><thead><tr><th>worker</th><th>has</th><th>tiles</th><th>failed</th><th>seconds</th><th>memory</th><th>heard</th></tr></thead><tbody></tbody></table>
  <h3>errors</h3>
  <table id="errors"><thead><tr><th>time</th><th>tile</th><th>worker</th><th>error</th></tr></thead><tbody></tbody></table>
</section>
<script>${script}</script>
</html>
`;

const digest = (text: string): string => `sha256-${createHash('sha256').update(text).digest('base64')}`;

/** The built script, beside the built coordinator, or in `dist` when the coordinator runs from its sources (tests). */
function scriptFile(): string {
  for (const relative of ['../page/main.js', '../../../../dist/page/main.js']) {
    const path = fileURLToPath(new URL(relative, import.meta.url));
    if (existsSync(path)) return path;
  }
  throw new SpatileError('INTERNAL', 'dist/page/main.js is missing; run npm run build');
}
