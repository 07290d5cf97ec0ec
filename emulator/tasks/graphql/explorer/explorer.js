// The page: a request, its answer, examples and documentation. It sends requests to its own address.

import { EXAMPLES } from "./examples.js";
import { coloured, element } from "./page.js";
import { INTROSPECTION, SchemaView } from "./schema.js";

const ENDPOINT = location.pathname;
const KEPT = "background-tasks-explorer";
const FIELDS = ["query", "variables", "permissions", "identity", "tenant", "locale"];
const HEADERS = {
  permissions: "x-tasks-permissions",
  identity: "x-tasks-identity",
  tenant: "x-tenant",
  locale: "x-i18n-locale",
};

const $ = (id) => document.getElementById(id);
let answered = "";
let timer = 0;

// Requests -----------------------------------------------------------------------------------------------------------

async function send(query, variables = {}, headers = {}) {
  const response = await fetch(ENDPOINT, {
    method: "POST",
    headers: { "Content-Type": "application/json", ...headers },
    body: JSON.stringify({ query, variables }),
  });
  const text = await response.text();
  try {
    return { status: response.status, content: JSON.parse(text) };
  } catch {
    return { status: response.status, content: { errors: [{ message: `not JSON: ${text.slice(0, 500)}` }] } };
  }
}

function headers() {
  const given = Object.entries(HEADERS).map(([field, name]) => [name, $(field).value.trim()]);
  return Object.fromEntries(given.filter(([, value]) => value));
}

/** The variables, or null if they are not a JSON object, which the page then reports. */
function variables() {
  const text = $("variables").value.trim();
  let problem = "";
  try {
    const value = text ? JSON.parse(text) : {};
    if (value !== null && typeof value === "object" && !Array.isArray(value)) {
      $("variables-problem").textContent = "";
      return value;
    }
    problem = "must be a JSON object";
  } catch (error) {
    problem = error.message;
  }
  $("variables-problem").textContent = problem;
  return null;
}

/** The errors in an answer: those of the request and of its operations. */
function problems(content) {
  const operations = Object.values(content.data?.backgroundTasks ?? {});
  return [...(content.errors ?? []), ...operations.map((operation) => operation?.error).filter(Boolean)];
}

async function run() {
  const given = variables();
  if (given === null) {
    $("status").textContent = "The variables are not a JSON object.";
    $("status").className = "bad";
    return;
  }
  keep();
  $("run").setAttribute("aria-busy", "true");
  const began = performance.now();
  try {
    const { status, content } = await send($("query").value, given, headers());
    const wrong = problems(content);
    answered = JSON.stringify(content, null, 2);
    $("answer").replaceChildren(coloured(answered));
    const took = `${Math.round(performance.now() - began)} ms`;
    $("status").textContent = wrong.length ? `${wrong[0].message} (HTTP ${status}, ${took})` : `HTTP ${status}, ${took}`;
    $("status").className = wrong.length ? "bad" : "good";
  } catch (error) {
    $("status").textContent = `The server is not responding: ${error.message}`;
    $("status").className = "bad";
    again(false);
  } finally {
    $("run").removeAttribute("aria-busy");
  }
}

/** Start or stop repeating the query every second; a mutation is never repeated. */
function again(wanted) {
  clearInterval(timer);
  const isMutation = /^\s*mutation\b/m.test($("query").value);
  $("again").checked = wanted && !isMutation;
  if (wanted && isMutation) {
    $("status").textContent = "Only queries are repeated.";
    $("status").className = "bad";
  }
  if ($("again").checked) timer = setInterval(run, 1000);
}

// Examples -----------------------------------------------------------------------------------------------------------

/** The id of the newest task without a parent. */
async function newestId() {
  const { content } = await send("{ backgroundTasks { listTasks(where: {parentId: null}, limit: 1) { data { id } } } }");
  return content.data?.backgroundTasks?.listTasks?.data?.[0]?.id ?? "";
}

async function publicDefinition() {
  const { content } = await send("{ backgroundTasks { listDefinitions { data { id } } } }");
  const ids = (content.data?.backgroundTasks?.listDefinitions?.data ?? []).map((each) => each.id);
  return ids.find((id) => id !== "testingRun") ?? ids[0] ?? "";
}

/** The example's variables, with ids that exist. */
async function filled(example) {
  const given = structuredClone(example.variables ?? {});
  if ("definition" in given) given.definition = await publicDefinition();
  if ("id" in given) given.id = await newestId();
  if (given.where && "task" in given.where) given.where.task = await newestId();
  return given;
}

async function choose(example, button) {
  again(false);
  for (const other of document.querySelectorAll(".example")) other.removeAttribute("aria-current");
  button.setAttribute("aria-current", "true");
  $("query").value = example.query;
  $("query").scrollTop = 0;
  permit(example.permissions ?? "");
  const given = await filled(example);
  $("variables").value = example.variables ? JSON.stringify(given, null, 2) : "";
  variables();
  keep();
}

function showExamples() {
  let group = "";
  for (const example of EXAMPLES) {
    if (example.group !== group) $("examples").append(element("h2", {}, example.group));
    group = example.group;
    const button = element("button", { className: "example", type: "button" });
    button.append(element("b", {}, example.title), element("small", {}, example.about));
    button.addEventListener("click", () => choose(example, button));
    $("examples").append(button);
  }
}

// The page -----------------------------------------------------------------------------------------------------------

/** Use these permissions (JSON text, empty for all), and show them. */
function permit(text) {
  $("permissions").value = text;
  const known = [...$("preset").options].some((option) => option.value === text);
  $("preset").value = known ? text : "own";
}

function keep() {
  const values = Object.fromEntries(FIELDS.map((field) => [field, $(field).value]));
  sessionStorage.setItem(KEPT, JSON.stringify(values));
}

function restore() {
  const values = JSON.parse(sessionStorage.getItem(KEPT) ?? "null");
  for (const field of FIELDS) $(field).value = values?.[field] ?? "";
  permit(values?.permissions ?? "");
  return values !== null && values.query !== "";
}

function tabs() {
  const all = [...document.querySelectorAll('[role="tab"]')];
  const select = (chosen) => {
    for (const tab of all) {
      tab.setAttribute("aria-selected", String(tab === chosen));
      tab.tabIndex = tab === chosen ? 0 : -1;
      $(tab.getAttribute("aria-controls")).hidden = tab !== chosen;
    }
  };
  for (const tab of all) {
    tab.addEventListener("click", () => select(tab));
    tab.addEventListener("keydown", (event) => {
      if (event.key !== "ArrowRight" && event.key !== "ArrowLeft") return;
      const next = all[(all.indexOf(tab) + 1) % all.length];
      select(next);
      next.focus();
    });
  }
}

/** Copy text to the clipboard, and show that on the button. */
async function copy(button, text) {
  const label = button.textContent;
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = "Copied";
  } catch {
    button.textContent = "Not allowed";
  }
  setTimeout(() => (button.textContent = label), 1200);
}

function curl() {
  const quoted = (text) => `'${text.replaceAll("'", `'\\''`)}'`;
  const sent = { "Content-Type": "application/json", ...headers() };
  const lines = Object.entries(sent).map(([name, value]) => `-H ${quoted(`${name}: ${value}`)}`);
  const body = JSON.stringify({ query: $("query").value, variables: variables() ?? {} });
  return [`curl ${quoted(location.origin + ENDPOINT)}`, ...lines, `-d ${quoted(body)}`].join(" \\\n  ");
}

async function introspect() {
  const view = new SchemaView($("doc"), $("find"));
  try {
    const { content } = await send(INTROSPECTION);
    view.use(content.data.__schema);
  } catch (error) {
    $("doc").replaceChildren(element("p", { className: "bad" }, `The schema cannot be read: ${error.message}`));
  }
}

$("endpoint").textContent = location.origin + ENDPOINT;
$("run").addEventListener("click", run);
$("copy").addEventListener("click", () => copy($("copy"), answered));
$("curl").addEventListener("click", () => copy($("curl"), curl()));
$("again").addEventListener("change", () => again($("again").checked));
$("variables").addEventListener("input", variables);
$("query").addEventListener("input", () => again(false));
$("permissions").addEventListener("input", () => permit($("permissions").value));
$("preset").addEventListener("change", () => {
  if ($("preset").value !== "own") return permit($("preset").value);
  $("headers").open = true;
  $("permissions").focus();
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
  event.preventDefault();
  run();
});
showExamples();
tabs();
if (!restore()) choose(EXAMPLES[0], document.querySelector(".example"));
introspect();
