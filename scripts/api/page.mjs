// docs/api.md from what the entries export.

const sections = [
  ['`likeness-search`, in a page', ''],
  ['`likeness-search`, in Node', ', in Node'],
  ['`likeness-search/knn`', ', alone'],
  ['`likeness-search/site`, in Node', ', of a site'],
  ['`likeness-search/lance`, in Node', ', in LanceDB'],
];

const opening = `# API reference

What the package exports: names, signatures and docstrings. \`npm run api\` writes this page from the declarations, and
\`npm run check\` fails where the two differ. Start with the [README](../README.md); this page is for looking things up.

In signatures, \`Blob\`, \`URL\`, \`GPUDevice\` and the like are the platform's own types. Every error of ours is a
[\`LikenessError\`](#likenesserror).
`;

const kinds = { class: 'Classes', function: 'Functions and constants', type: 'Types' };

/**
 * @param {import('./describe.mjs').Export[][]} entries in a page, in Node, knn, site, lance
 * @returns {string} Markdown. What was described already is linked; of a class, members that are new are described.
 */
export function renderPage(entries) {
  /** Text that is on the page → the anchor of the heading above it. */
  const known = new Map();
  const anchorOf = anchors();
  let page = opening;
  for (const [n, [title, suffix]] of sections.entries()) {
    let [names, text] = ['', ''];
    for (const [kind, plural] of Object.entries(kinds)) {
      const links = [];
      for (const item of entries[n].filter((one) => one.kind === kind)) {
        const whole = renderWhole(item);
        if (!known.has(whole)) {
          const repeated = entries.slice(0, n).some((entry) => entry.some(({ name }) => name === item.name));
          const heading = repeated ? `${item.name}${suffix}` : item.name;
          known.set(whole, anchorOf(heading));
          text += `\n### ${heading}\n${renderFresh(item, known)}`;
        }
        links.push(`[${item.name}](#${known.get(whole)})`);
      }
      if (links.length > 0) names += `- ${plural}: ${links.join(', ')}\n`;
    }
    page += `\n## ${title}\n\n${names}${text}`;
  }
  return page;
}

/** Anchors as GitHub makes them: of two equal ones the second gets a number. */
function anchors() {
  const counts = new Map();
  return (heading) => {
    const anchor = heading
      .toLowerCase()
      .replace(/[^\w -]/g, '')
      .replaceAll(' ', '-');
    const count = counts.get(anchor) ?? 0;
    counts.set(anchor, count + 1);
    return count === 0 ? anchor : `${anchor}-${count}`;
  };
}

/** With those members that are not on the page yet. */
function renderFresh(item, known) {
  const members = item.members.map((member) => renderMember(item.name, member));
  const fresh = members.filter((text) => !known.has(text));
  for (const text of fresh) known.set(text, '');
  const others = fresh.length < members.length ? '\nIts other members are those above.\n' : '';
  return renderHead(item) + others + fresh.join('');
}

const renderWhole = (item) =>
  renderHead(item) + item.members.map((member) => renderMember(item.name, member)).join('');

const renderHead = ({ signature, doc }) => (signature === '' ? '' : code(signature)) + renderDoc(doc);

function renderMember(owner, { name, signature, doc }) {
  const title = name === 'constructor' ? `new ${owner}` : `${owner}.${name}`;
  return `\n#### ${title.replace('.[', '[')}\n${code(signature)}${renderDoc(doc)}`;
}

function renderDoc({ text, params, returns, throws, examples }) {
  const list = [
    ...params.map(([name, what]) => `- \`${name}\`: ${what}`),
    ...(returns === '' ? [] : [`- Returns: ${returns}`]),
    ...throws.map((what) => `- Throws: ${what}`),
  ];
  const blocks = examples.map((text) => (text.startsWith('```') ? text : `\`\`\`ts\n${text}\n\`\`\``));
  return [text, list.map((item) => item.replaceAll('\n', '\n  ')).join('\n'), ...blocks]
    .filter((part) => part !== '')
    .map((part) => `\n${part}\n`)
    .join('');
}

/** `declaration` tells signatures from examples, which are compiled by a test. */
const code = (text) => `\n\`\`\`ts declaration\n${text}\n\`\`\`\n`;
