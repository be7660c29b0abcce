/** Colours of a page on white. */
const LIGHT = `
:root {
  --paper: #ffffff; --ink: #1c2430; --muted: #667085; --faint: #e4e7ec; --panel: #f7f8fa;
  --accent: #17808a; --second: #d9822b; --warn: #b83280;
  --filter-1: #98a2b3; --filter-2: #b6bdc9; --filter-3: #cfd4dc; --filter-4: #e1e5ea;
}
`;

/** The same on black, by the reader's preference. */
const DARK = `
:root { color-scheme: light dark; }
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #12161c; --ink: #dde3ea; --muted: #93a0b0; --faint: #2a313b; --panel: #1a2028;
    --accent: #35b3bd; --second: #f0a04b; --warn: #e46bb0;
    --filter-1: #6b7686; --filter-2: #566070; --filter-3: #444d5b; --filter-4: #353d49;
  }
}
`;

/** What pages are made of: narrow and wide screens, paper. */
const RULES = `
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body {
  margin: 0 auto; padding: 2.5rem 1.5rem 4rem; max-width: 1208px; background: var(--paper); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
}
header h1 { margin: 0; font-size: 1.9rem; font-weight: 650; letter-spacing: -0.01em; overflow-wrap: anywhere; }
header p { margin: 0.3rem 0 0; color: var(--muted); }
h2 { margin: 3rem 0 1rem; padding-top: 0.8rem; border-top: 1px solid var(--faint); font-size: 1.25rem; font-weight: 620; }
h3 { margin: 1.6rem 0 0.5rem; font-size: 1rem; font-weight: 620; }
p { margin: 0.5rem 0; max-width: 78ch; }
.small, small { font-size: 0.85em; color: var(--muted); }
.note { padding: 0.7rem 1rem; background: var(--panel); border-left: 3px solid var(--second); }
.verdict { font-size: 1.05rem; font-weight: 550; }
code, pre { font: 0.86em/1.5 ui-monospace, "SFMono-Regular", Menlo, Consolas, monospace; }
pre { overflow: auto; margin: 0.6rem 0; padding: 1rem; background: var(--panel); }
nav { display: flex; flex-wrap: wrap; gap: 0.1rem 1.1rem; margin-top: 1rem; font-size: 0.9rem; }
nav a { color: var(--accent); text-decoration: none; }
nav a:hover { text-decoration: underline; }
.numbers { display: grid; grid-template-columns: repeat(auto-fit, minmax(165px, 1fr)); gap: 0.75rem; margin-top: 1.75rem; }
.number { padding: 0.9rem 1rem; background: var(--panel); border-radius: 6px; }
.number b { display: block; font-size: 1.55rem; font-weight: 600; line-height: 1.2; font-variant-numeric: tabular-nums; }
.number span { display: block; }
.findings { margin: 0; padding: 0; list-style: none; }
.findings li { margin: 0.4rem 0; padding: 0.5rem 0.9rem; background: var(--panel); border-left: 3px solid var(--muted); overflow-wrap: anywhere; }
.findings li.warning { border-left-color: var(--second); }
.findings code { color: var(--muted); }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, var(--least)), 1fr)); gap: 1.75rem 2.25rem; align-items: start; margin: 1rem 0; }
.in-row-2 { --least: 440px; } .in-row-3 { --least: 310px; } .in-row-4 { --least: 230px; }
figure { margin: 0 0 1.25rem; min-width: 0; }
.figures figure { margin: 0; }
figcaption { margin-bottom: 0.6rem; font-size: 0.92rem; color: var(--muted); }
figcaption b { color: var(--ink); font-weight: 600; }
svg.map { display: block; max-width: 100%; background: #0d1117; border-radius: 4px; font-family: inherit; }
svg.plot { display: block; width: 100%; max-width: 620px; height: auto; overflow: visible; font-family: inherit; font-size: 11px; }
svg.plot text { white-space: pre; }
svg.plot [aria-label$="grid"] { stroke: var(--muted); stroke-opacity: 0.18; }
.maps { display: flex; flex-wrap: wrap; gap: 1.75rem 2.25rem; align-items: flex-start; }
.maps figure { min-width: min(100%, 320px); max-width: 100%; }
.maps figcaption { contain: inline-size; }
.in-row-4 .ramp { width: 84px; }
.key { display: flex; flex-wrap: wrap; gap: 0.3rem 0.7rem; align-items: center; margin: 0.5rem 0 0; font-size: 0.85rem; color: var(--muted); max-width: none; }
.key .entry { display: inline-flex; align-items: center; margin-right: 0.6rem; }
.ramp { display: inline-block; width: 160px; height: 10px; border-radius: 2px; }
.swatch { display: inline-block; flex: none; width: 11px; height: 11px; margin-right: 0.45em; border-radius: 2px; border: 1px solid rgb(128 128 128 / 35%); }
.stack { display: flex; gap: 1px; height: 26px; margin: 0.2rem 0 0.8rem; overflow: hidden; border-radius: 3px; }
.stack i { min-width: 2px; }
.ramp, .swatch, .stack i, svg.map, .number { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: 0.9rem; font-variant-numeric: tabular-nums; }
th, td { padding: 0.28rem 0; text-align: left; font-weight: 400; vertical-align: top; border-bottom: 1px solid var(--faint); overflow-wrap: anywhere; }
thead th { color: var(--muted); font-size: 0.85rem; overflow-wrap: normal; }
table.data { min-width: 60%; }
table.data th:not(:first-child), table.data td { padding-left: 1.6rem; text-align: right; white-space: nowrap; }
table.facts th { padding-right: 1.6rem; color: var(--muted); }
table.facts td { text-align: left; }
.mark { padding: 0.05rem 0.5rem; border-radius: 9px; background: var(--faint); }
.mark.same { background: color-mix(in srgb, var(--accent) 22%, transparent); }
.mark.different { background: color-mix(in srgb, var(--second) 34%, transparent); }
summary { cursor: pointer; color: var(--accent); }
footer { margin-top: 3rem; padding-top: 0.8rem; border-top: 1px solid var(--faint); font-size: 0.85rem; color: var(--muted); }
@media (max-width: 600px) { body { padding: 1.25rem 1rem 3rem; } table.data td, table.data th:not(:first-child) { padding-left: 0.8rem; } }
@media print {
  :root { --paper: #fff; --ink: #000; --muted: #555; --faint: #ddd; --panel: #f4f4f4; --accent: #17808a; --second: #d9822b; --warn: #b83280;
    --filter-1: #98a2b3; --filter-2: #b6bdc9; --filter-3: #cfd4dc; --filter-4: #e1e5ea; color-scheme: light; }
  body { max-width: none; padding: 0; font-size: 11px; }
  nav { display: none; }
  figure, .number, tr, li { break-inside: avoid; }
  h2 { break-after: avoid; margin-top: 1.5rem; }
}
`;

/** The style sheet of a run's report: light and dark. */
export const STYLE = `${LIGHT}${DARK}${RULES}`;

/** The same page on white alone, for pictures whose colours are made for it. */
export const LIGHT_STYLE = `${LIGHT}${RULES}`;
