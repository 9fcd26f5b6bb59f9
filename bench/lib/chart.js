/** An SVG of a report: throughput of a whole request, readable on light and dark ground. */
const WIDTH = 760;
const LABEL = 256;
const ROW = 26;

function escape(text) {
  return String(text).replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}

function bars(title, rows, top) {
  const most = Math.max(...rows.map(({ perSecond }) => perSecond));
  const lines = rows.map(({ name, perSecond }, i) => {
    const y = top + 34 + i * ROW;
    const width = Math.max(2, ((WIDTH - LABEL - 90) * perSecond) / most);
    const kind = /^subtle-push|^sendMany|^send,/.test(name) ? 'own' : /^six bare/.test(name) ? 'floor' : 'peer';
    return `<text class="label" x="${LABEL - 10}" y="${y + 13}">${escape(name)}</text>`
      + `<rect class="${kind}" x="${LABEL}" y="${y}" width="${width.toFixed(1)}" height="17" rx="2"/>`
      + `<text class="value" x="${LABEL + width + 8}" y="${y + 13}">`
      + `${Math.round(perSecond).toLocaleString('en-US')}</text>`;
  });
  const svg = `<text class="title" x="0" y="${top + 16}">${escape(title)}</text>${lines.join('')}`;
  return { svg, height: 48 + rows.length * ROW };
}

/** The contests that are charted: the first whole request of each runtime, and sending. */
function* contests({ runtimes }) {
  for (const { version, results } of runtimes) {
    const timed = ({ result }) => result.rows.filter(({ perSecond }) => perSecond);
    const request = results.find(({ job }) => job.suite === 'requests');
    if (request) yield { title: `Whole requests a second, ${version}`, rows: timed(request) };
    const sending = results.find(({ job }) => job.suite === 'sending');
    if (sending) yield { title: `Sent a second over TLS, ${version}`, rows: timed(sending) };
  }
}

export function chart(report) {
  let top = 0;
  const parts = [];
  for (const { title, rows } of contests(report)) {
    const { svg, height } = bars(title, rows, top);
    parts.push(svg);
    top += height;
  }
  const about = `${report.cores} x ${report.cpu}, ${report.date}: ${report.command}`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${top + 24}" role="img">
<title>Messages a second, more is better</title>
<style>
text { font: 13px system-ui, sans-serif; fill: #1f2328 }
.title { font-weight: 600; font-size: 14px }
.label { text-anchor: end }
.value, .about { fill: #59636e }
.about { font-size: 11px }
.own { fill: #0969da } .peer { fill: #afb8c1 } .floor { fill: #d4a72c }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3 }
.value, .about { fill: #9198a1 }
.own { fill: #4493f8 } .peer { fill: #59636e } .floor { fill: #bb8009 }
}
</style>
${parts.join('\n')}
<text class="about" x="0" y="${top + 14}">${escape(about)}</text>
</svg>
`;
}
