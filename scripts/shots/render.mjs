// A note of a vault → a page as Obsidian's reading view has it.
//
//   node render.mjs NOTE > PAGE
//
// What Markdown means is decided by markdown-it (CommonMark and tables, as in Obsidian) and its plugin for Obsidian's
// callouts; here are only the properties above the text, links between notes, tags, boxes of tasks, and the looks.
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import MarkdownIt from "markdown-it";
import callouts from "markdown-it-obsidian-callouts";
import { parse } from "yaml";

const path = process.argv[2];
const [, head, body] = /^---\n([\s\S]*?)\n---\n([\s\S]*)$/.exec(readFileSync(path, "utf8"));

// Obsidian keeps the line breaks of the text, and reads no HTML that a mail could hold: the notes have it escaped.
const md = new MarkdownIt({ html: false, breaks: true, linkify: false }).use(callouts);

// [[Note]], [[Note|words]] and #tags, where no code stands.
md.inline.ruler.before("link", "wikilink", (state, silent) => {
  const found = /^\[\[([^\]|]+)(?:\|([^\]]+))?\]\]/.exec(state.src.slice(state.pos));
  if (!found) return false;
  if (!silent) {
    state.push("link_open", "a", 1).attrs = [["class", "internal"], ["href", "#"]];
    state.push("text", "", 0).content = found[2] ?? found[1];
    state.push("link_close", "a", -1);
  }
  state.pos += found[0].length;
  return true;
});
const text = md.renderer.rules.text;
md.renderer.rules.text = (tokens, at, ...rest) =>
  (text?.(tokens, at, ...rest) ?? escape(tokens[at].content)).replace(
    /(^|\s)#([\p{L}\p{N}_/-]*\p{L}[\p{L}\p{N}_/-]*)/gu, '$1<a class="tag">#$2</a>');

// A task's box, with the mark that stands in it.
const boxed = (page) => page.replace(/<li>(\s*<p>)?\[(.)\] /g, (_, paragraph, mark) =>
  `<li class="task">${paragraph ?? ""}<span class="box">${mark === " " ? "" : mark}</span>`);

function escape(text) {
  return String(text).replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;").replace(/"/g, "&quot;");
}

function value(of) {
  if (Array.isArray(of)) return of.map((one) => `<span class="pill">${value(one)}</span>`).join("") || empty;
  if (of === null || of === "") return empty;
  return escape(of).replace(/\[\[([^\]|]+)(?:\|([^\]]+))?\]\]/g, (_, note, words) => `<a class="internal">${words ?? note}</a>`);
}
const empty = '<span class="empty">Empty</span>';

const properties = Object.entries(parse(head, { schema: "failsafe" }))
  .map(([key, of]) => `<tr><th>${escape(key)}</th><td>${value(of)}</td></tr>`).join("\n");

process.stdout.write(`<!doctype html>
<meta charset="utf-8">
<title>${escape(basename(path, ".md"))}</title>
<link rel="stylesheet" href="${new URL("note.css", import.meta.url)}">
<body>
<h1 class="inline-title">${escape(basename(path, ".md"))}</h1>
<table class="properties">${properties}</table>
${boxed(md.render(body))}
</body>
`);
