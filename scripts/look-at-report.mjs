// Opens a report in headless Chromium, as a person would in a browser, and leaves a screenshot:
//   node scripts/look-at-report.mjs REPORT.html SCREENSHOT.png
// Fails when the page needs anything from outside, logs an error, or shows no picture.
import { spawnSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const [report, screenshot] = process.argv.slice(2);
if (!report || !screenshot) fail('usage: node scripts/look-at-report.mjs REPORT.html SCREENSHOT.png');

const html = readFileSync(report, 'utf8');
const outside = html.match(/(?:\bsrc|<link[^>]*\bhref)\s*=\s*["'](?!data:|#)[^"']*["']/i);
if (outside) fail(`${report}: refers to something outside of itself (${outside[0]})`);

const page = pathToFileURL(resolve(report)).href;
const dom = chromium('--dump-dom', page);
if (!/<(svg|canvas|img)\b/i.test(dom.stdout)) fail(`${report}: shows no picture`);
const complaint = dom.stderr.split('\n').find((line) => /CONSOLE.*(Uncaught|Error)/.test(line));
if (complaint) fail(`${report}: ${complaint}`);

chromium(`--screenshot=${resolve(screenshot)}`, '--window-size=1400,2400', page);
const bytes = statSync(screenshot).size;
if (bytes < 20_000) fail(`${screenshot}: the page looks empty (${bytes} bytes)`);
console.log(`${report} opens; ${screenshot} shows it (${bytes} bytes)`);

function chromium(...args) {
  const program = process.env.CHROMIUM ?? 'chromium';
  // The sandbox needs privileges that containers do not give; the page is our own.
  const flags = [
    '--headless=new',
    '--no-sandbox',
    '--disable-gpu',
    '--hide-scrollbars',
    '--enable-logging=stderr',
  ];
  const run = spawnSync(program, [...flags, ...args], {
    encoding: 'utf8',
    timeout: 120_000,
    maxBuffer: 1 << 30,
  });
  if (run.error || run.status !== 0)
    fail(`${program}: did not open the page (${run.error?.message ?? run.stderr.slice(-500)})`);
  return run;
}

function fail(message) {
  console.error(message);
  process.exit(1);
}
