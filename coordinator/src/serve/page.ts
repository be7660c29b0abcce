/** The live page of a server: its runs, how far they are, and what went wrong. Asks for `/runs.json` every two seconds. */
export function runsPage(): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>spatile runs</title>
<style>
  body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem; padding: 0 1rem; color: #1b1f24; }
  h1 { font-size: 1.3rem; }
  table { border-collapse: collapse; width: 100%; }
  th, td { text-align: left; padding: .4rem .6rem; border-bottom: 1px solid #d8dee4; vertical-align: top; }
  .bar { background: #eaeef2; height: .6rem; border-radius: .3rem; overflow: hidden; min-width: 8rem; }
  .bar i { display: block; height: 100%; background: #0969da; }
  .FINISHED { color: #1a7f37; } .FAILED { color: #cf222e; } .CANCELLED { color: #656d76; } .RUNNING { color: #0969da; }
  small { color: #656d76; }
</style>
<h1>spatile runs</h1>
<p id="state" aria-live="polite"></p>
<table><thead><tr><th>run</th><th>state</th><th>output</th><th>doing</th></tr></thead><tbody id="runs"></tbody></table>
<script>
  const cell = (row, text, name) => {
    const td = row.insertCell();
    td.textContent = text;
    if (name) td.className = name;
    return td;
  };
  async function look() {
    try {
      const { runs } = await (await fetch('/runs.json')).json();
      const body = document.getElementById('runs');
      body.replaceChildren();
      for (const run of runs) {
        const row = body.insertRow();
        cell(row, run.id).append(document.createElement('br'), Object.assign(document.createElement('small'), { textContent: run.submitted }));
        cell(row, run.state.toLowerCase(), run.state);
        cell(row, run.output);
        const doing = cell(row, run.error || (run.state === 'RUNNING' ? run.step : ''));
        if (run.state === 'RUNNING' && run.total > 0) {
          const bar = Object.assign(document.createElement('div'), { className: 'bar' });
          const part = document.createElement('i');
          part.style.width = Math.min(100, 100 * run.done / run.total) + '%';
          bar.append(part);
          doing.append(bar);
        }
      }
      document.getElementById('state').textContent = runs.length === 0 ? 'No runs yet: spatile submit.' : '';
    } catch {
      document.getElementById('state').textContent = 'The server does not answer.';
    }
  }
  look();
  setInterval(look, 2000);
</script>
</html>
`;
}
