// The documentation: the schema from introspection, one type at a time.

import { element } from "./page.js";

const TYPE = "kind name ofType { kind name ofType { kind name ofType { kind name } } }";
export const INTROSPECTION = `{
  __schema {
    types {
      kind name description
      fields { name description args { name description defaultValue type { ${TYPE} } } type { ${TYPE} } }
      inputFields { name description type { ${TYPE} } }
      enumValues { name description }
    }
  }
}`;

const spelled = (type) =>
  type.kind === "NON_NULL" ? `${spelled(type.ofType)}!` : type.kind === "LIST" ? `[${spelled(type.ofType)}]` : type.name;
const named = (type) => (type.ofType ? named(type.ofType) : type);

/** A type browser in `place`, with the search field `find`. */
export class SchemaView {
  constructor(place, find) {
    this.place = place;
    this.find = find;
    this.types = new Map();
    this.past = [];
    find.addEventListener("input", () => (find.value.trim() ? this.search(find.value.trim()) : this.show(this.past.pop() ?? null)));
  }

  /** Show an introspected schema. */
  use(schema) {
    this.types = new Map(schema.types.filter((type) => !type.name.startsWith("__")).map((type) => [type.name, type]));
    this.show(null);
  }

  show(name) {
    this.current = name;
    const type = this.types.get(name);
    this.place.replaceChildren(...(type ? this.page(type) : this.overview()));
  }

  open(name) {
    this.past.push(this.current);
    this.find.value = "";
    this.show(name);
    this.place.querySelector("h3")?.focus();
  }

  link(name, text = name) {
    const button = element("button", { className: "link", type: "button" }, text);
    button.addEventListener("click", () => this.open(name));
    return button;
  }

  overview() {
    const parts = [];
    for (const [title, root] of [["Queries", "WebinyBackgroundTaskQuery"], ["Mutations", "WebinyBackgroundTaskMutation"]]) {
      const fields = this.types.get(root)?.fields ?? [];
      parts.push(element("h2", {}, title), element("ul", {}, ...fields.map((field) => this.field(field))));
    }
    const others = [...this.types.values()].filter((type) => !["String", "Int", "Boolean", "ID", "Float"].includes(type.name));
    parts.push(element("h2", {}, "Types"), element("ul", {}, ...others.map((type) => element("li", {}, this.link(type.name)))));
    return parts;
  }

  page(type) {
    const back = element("button", { className: "link", type: "button" }, "Back");
    back.addEventListener("click", () => this.show(this.past.pop() ?? null));
    const kind = type.kind.toLowerCase().replace("_object", "");
    const rows = (type.fields ?? type.inputFields ?? []).map((field) => this.field(field));
    const values = (type.enumValues ?? []).map((value) => element("li", {}, value.name));
    return [
      back,
      element("h3", { tabIndex: -1 }, `${kind} ${type.name}`),
      ...(type.description ? [element("p", {}, type.description)] : []),
      element("ul", {}, ...rows, ...values),
    ];
  }

  field(field) {
    const list = element("li", {}, element("b", {}, field.name));
    if (field.args?.length) {
      const each = field.args.map((argument) => element("div", {}, `${argument.name}: `, this.type(argument.type)));
      list.append("(", element("div", { className: "arguments" }, ...each), ")");
    }
    list.append(": ", this.type(field.type));
    if (field.description) list.append(element("p", {}, field.description));
    return list;
  }

  type(type) {
    return this.link(named(type).name, spelled(type));
  }

  search(text) {
    const wanted = text.toLowerCase();
    const found = [];
    for (const type of this.types.values()) {
      const members = [...(type.fields ?? []), ...(type.inputFields ?? []), ...(type.enumValues ?? [])];
      const hits = members.filter((member) => member.name.toLowerCase().includes(wanted)).slice(0, 8);
      if (hits.length || type.name.toLowerCase().includes(wanted)) {
        found.push(element("li", {}, this.link(type.name), ...hits.map((hit) => element("div", {}, hit.name))));
      }
    }
    this.place.replaceChildren(found.length ? element("ul", {}, ...found) : element("p", {}, `No type or field is called ${text}.`));
  }
}
