/** Colours of the states are told apart by people who see no red or green as well; a shape in the legend names each. */
export const STYLE = `
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 76rem; padding: 0 1rem; color: #1b1f24; }
h1 { font-size: 1.3rem; }
h2 { font-size: 1.1rem; margin-top: 2rem; }
h3 { font-size: 1rem; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .3rem .6rem; border-bottom: 1px solid #d8dee4; vertical-align: top; overflow-wrap: anywhere; }
th { white-space: nowrap; }
tr.chosen td { background: #f0f6ff; }
progress { display: block; width: 12rem; height: .7rem; }
small { color: #656d76; }
.FINISHED { color: #1a7f37; } .FAILED { color: #cf222e; } .CANCELLED { color: #656d76; } .RUNNING { color: #0969da; }
#map { display: block; width: 100%; max-height: 34rem; background: #f6f8fa; margin: .5rem 0; }
#map rect { stroke: #57606a; stroke-width: 1px; vector-effect: non-scaling-stroke; }
#map rect.again { stroke: #8250df; stroke-width: 2.5px; }
#map .over { fill-opacity: .4; stroke-width: .5px; }
#map .over.waiting { fill: none; stroke-dasharray: 3 3; pointer-events: none; }
#chips { display: flex; flex-wrap: wrap; gap: 2px; }
#chips i { width: 14px; height: 14px; border: 1px solid #57606a; }
#legend { display: inline-flex; gap: 1rem; list-style: none; margin: 0 0 0 1rem; padding: 0; }
#legend i { display: inline-block; width: 12px; height: 12px; border: 1px solid #57606a; margin-right: .3rem; }
#tile { min-height: 1.5em; }
.waiting { fill: #ffffff; background: #ffffff; }
.running { fill: #54aeff; background: #54aeff; }
.retried { fill: #d4a72c; background: #d4a72c; }
.done { fill: #9fdfb0; background: #9fdfb0; }
.failed { fill: #a40e26; background: #a40e26; }
`.trim();
