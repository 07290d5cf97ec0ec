// Elements, and coloured JSON. Text is inserted as text and never parsed as HTML.

/** An element with properties and children (nodes or strings). */
export function element(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

const TOKEN = /("(?:[^"\\]|\\.)*")(\s*:)?|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|\b(?:true|false|null)\b/g;

/** JSON text as a fragment in which keys, strings, numbers and literals have classes. */
export function coloured(text) {
  const made = document.createDocumentFragment();
  let at = 0;
  for (const match of text.matchAll(TOKEN)) {
    const [all, quoted, colon] = match;
    made.append(text.slice(at, match.index));
    const kind = quoted ? (colon ? "k" : "s") : /\d/.test(all) ? "n" : "w";
    made.append(element("span", { className: kind }, quoted ?? all), colon ?? "");
    at = match.index + all.length;
  }
  made.append(text.slice(at));
  return made;
}
