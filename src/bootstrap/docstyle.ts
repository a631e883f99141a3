// How the page about module types looks, and the little that it does: no part of it is loaded from anywhere.

export const STYLE = `
:root { color-scheme: light dark; --line: #d8dce2; --soft: #f4f5f7; --text: #1d2329; --quiet: #5a6572; --link: #0b5cad; }
@media (prefers-color-scheme: dark) {
  :root { --line: #353c45; --soft: #1e242b; --text: #e4e8ec; --quiet: #9aa5b1; --link: #7db7f5; }
  body { background: #14181d; }
}
* { box-sizing: border-box; }
body { margin: 0; font: 16px/1.5 system-ui, sans-serif; color: var(--text); display: grid; grid-template-columns: 17rem minmax(0, 1fr); }
nav { position: sticky; top: 0; height: 100vh; overflow: auto; padding: 1.5rem 1rem; border-right: 1px solid var(--line); background: var(--soft); }
nav label { display: block; font-size: .85rem; color: var(--quiet); margin-bottom: .25rem; }
nav input { width: 100%; padding: .4rem .6rem; font: inherit; color: inherit; background: transparent; border: 1px solid var(--line); border-radius: 6px; }
nav ol { list-style: none; margin: 1rem 0 0; padding: 0; }
nav li a { display: block; padding: .15rem .4rem; border-radius: 4px; overflow-wrap: anywhere; }
nav li a:hover { background: var(--line); }
main { padding: 1.5rem 2.5rem 6rem; max-width: 62rem; }
h1 { font-size: 1.7rem; margin: 0 0 .25rem; }
.lead, .facts { color: var(--quiet); }
.facts { margin: .25rem 0 0; font-size: .9rem; }
section { border-top: 1px solid var(--line); margin-top: 2rem; scroll-margin-top: 1rem; }
h2 { font: 600 1.25rem/1.3 ui-monospace, monospace; margin: 1.5rem 0 .5rem; overflow-wrap: anywhere; }
h2 a { color: inherit; }
a { color: var(--link); text-decoration: none; }
a:hover { text-decoration: underline; }
code, pre { font: .9em ui-monospace, monospace; }
pre { background: var(--soft); border: 1px solid var(--line); border-radius: 6px; padding: .75rem 1rem; overflow: auto; }
table { border-collapse: collapse; width: 100%; }
thead th { font-size: .85rem; color: var(--quiet); font-weight: 500; }
th, td { text-align: left; vertical-align: top; padding: .5rem .75rem .5rem 0; border-bottom: 1px solid var(--line); }
tbody th { font-weight: 600; white-space: nowrap; }
td:nth-child(2) { color: var(--quiet); white-space: nowrap; }
td p { margin: 0; }
@media (max-width: 50rem) {
  body { display: block; }
  nav { position: static; height: auto; border-right: 0; border-bottom: 1px solid var(--line); }
  main { padding: 1rem; }
  td:nth-child(2), tbody th { white-space: normal; overflow-wrap: anywhere; }
}
@media print { nav { display: none; } body { display: block; } }
`;

/** Narrows the page to types and properties whose names hold what was typed. */
export const SCRIPT = `
const find = document.getElementById('find');
find.addEventListener('input', () => {
  const wanted = find.value.trim().toLowerCase();
  let shown = 0;
  for (const section of document.querySelectorAll('section')) {
    const ofType = section.dataset.name.toLowerCase().includes(wanted);
    let any = ofType;
    for (const row of section.querySelectorAll('tr[data-name]')) {
      const here = ofType || row.dataset.name.toLowerCase().includes(wanted);
      row.hidden = !here;
      any ||= here;
    }
    section.hidden = !any;
    document.querySelector('nav a[href="#' + section.id + '"]').parentElement.hidden = !any;
    if (any) shown++;
  }
  document.getElementById('nothing').hidden = shown > 0;
});
`;
