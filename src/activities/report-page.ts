import { formatCost } from '../batch/money.ts';
import type { OutputRecord, Report } from '../contract/index.ts';

/** A page that opens from disk without a server: no script, no external resource, images from the same folder. */
export function renderReportPage(report: Report, records: readonly OutputRecord[]): string {
  const { batchId, name, model, state, outputs, costUsd, rounds, startedAt, endedAt, anomalies } = report;
  const facts: [string, string][] = [
    ['state', state],
    ['model', model],
    [
      'outputs',
      `${outputs.image} of ${outputs.total} done; refused ${outputs.refused}, failed ${outputs.failed}, missing ${outputs.missing}`,
    ],
    ['rounds', String(rounds.length)],
    ['cost', formatCost(costUsd)],
    ['time', `${startedAt} to ${endedAt}`],
  ];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src 'self' file:; style-src 'unsafe-inline'">
<title>${escape(name)} · ${escape(batchId)}</title>
<style>${STYLE}</style>
</head>
<body>
<h1>${escape(name)}</h1>
<dl>${facts.map(([term, fact]) => `<dt>${term}</dt><dd>${escape(fact)}</dd>`).join('')}</dl>
${anomalies.length > 0 ? `<details><summary>${anomalies.length} anomalies</summary><ul>${anomalies.map((text) => `<li>${escape(text)}</li>`).join('')}</ul></details>` : ''}
<main>
${records.map(renderCard).join('\n')}
</main>
</body>
</html>
`;
}

function renderCard(record: OutputRecord): string {
  const { output, outcome, file, width, height, flags, message, alternates } = record;
  const picture = file
    ? `<a href="${encodeLink(file)}"><img src="${encodeLink(file)}" width="${width}" height="${height}" loading="lazy" alt="${escape(output)}"></a>`
    : `<p class="none">${escape(outcome)}</p>`;
  const notes = [
    ...flags.map((flag) => `<mark>${flag}</mark>`),
    ...(message ? [escape(message)] : []),
    ...(alternates ?? []).map((image) => `<a href="${encodeLink(image.file)}">alternate</a>`),
  ];
  return `<figure class="${outcome}">${picture}<figcaption><b>${escape(output)}</b> ${width ? `${width}×${height} ` : ''}${notes.join(' ')}</figcaption></figure>`;
}

/** File names may hold any letter, and also `#`, `?` and `%`. */
function encodeLink(file: string): string {
  return file.split('/').map(encodeURIComponent).join('/');
}

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

const STYLE = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 90rem; margin: 2rem auto; padding: 0 1rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1rem; }
dt { opacity: .7; }
dd { margin: 0; }
main { display: grid; grid-template-columns: repeat(auto-fill, minmax(15rem, 1fr)); gap: 1rem; margin-top: 2rem; }
figure { margin: 0; overflow-wrap: anywhere; content-visibility: auto; contain-intrinsic-size: auto 18rem; }
img { width: 100%; height: auto; border-radius: .5rem; }
.none { display: grid; place-items: center; aspect-ratio: 1; margin: 0; border: 1px dashed; border-radius: .5rem; opacity: .6; }
`;
