#!/usr/bin/env node
// Starts the built program. In a checkout whose install scripts were not run there is none yet: build it first.
import { existsSync } from 'node:fs';

const program = new URL('../dist/coordinator/main.js', import.meta.url);
if (!existsSync(program)) await import('../scripts/build.mjs');
await import(program.href);
