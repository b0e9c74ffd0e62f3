// The inputs of a form, made from the declaration of a layer.

import { el } from "../dom.js";
import { count } from "../format.js";
import { text, titled } from "../texts.js";

/** The input of a field with its label, help and room for what is wrong. */
export function fieldInput(field, value, { disabled, onInput }) {
  const id = `f-${field.name}`;
  const locked = disabled || (field.for_life && value !== undefined);
  const input = control(field, value, { id, disabled: locked, onInput });
  const help = helpOf(field, locked && !disabled);
  input.setAttribute("aria-describedby", help ? `${id}-help ${id}-fault` : `${id}-fault`);
  const title = [titled(field.title), field.required ? el("span", { class: "must", title: text("desk.required") }, " *") : null, field.unit ? el("small", {}, ` ${field.unit}`) : null];
  const several = input.matches("fieldset");
  if (several) input.prepend(el("legend", {}, ...title));
  return el(
    "div",
    { class: "field", "data-field": field.name },
    several ? null : el("label", { for: id }, ...title),
    input,
    help ? el("small", { id: `${id}-help`, class: "quiet" }, help) : null,
    el("p", { id: `${id}-fault`, class: "fault", hidden: true }),
  );
}

function control(field, value, { id, disabled, onInput }) {
  const given = { id, name: field.name, disabled, required: field.required };
  if (field.codes && field.type === "list") return ticks(given, value ?? [], field.codes, onInput);
  if (field.codes) return choice(given, value, field.codes.map(({ code, title }) => [code, titled(title)]), onInput);
  if (field.type === "boolean") return choice(given, value === null || value === undefined ? "" : String(value), [["true", text("desk.yes")], ["false", text("desk.no")]], onInput);
  const kinds = { integer: { inputmode: "numeric" }, number: { inputmode: "decimal" }, date: { type: "date" } };
  const long = field.type === "text" && field.max_length > 100 ? { maxlength: field.max_length } : field.max_length ? { maxlength: field.max_length } : {};
  return el("input", { ...given, ...long, autocomplete: "off", ...kinds[field.type], value: Array.isArray(value) ? value.join("、") : (value ?? ""), oninput: onInput });
}

function choice(given, value, entries, onInput) {
  const known = entries.some(([code]) => code === value);
  const all = [["", text("desk.none")], ...(value && !known ? [[value, value]] : []), ...entries];
  return el("select", { ...given, onchange: onInput }, ...all.map(([code, title]) => el("option", { value: code, selected: code === (value ?? "") }, title)));
}

function ticks({ id, name, disabled }, value, codes, onInput) {
  const known = new Set(codes.map(({ code }) => code));
  const all = [...codes.map(({ code, title }) => [code, titled(title)]), ...value.filter((code) => !known.has(code)).map((code) => [code, code])];
  const box = ([code, title]) => el("label", { class: "tick" }, el("input", { type: "checkbox", name, value: code, checked: value.includes(code), disabled, onchange: onInput }), title);
  return el("fieldset", { id, class: "ticks row" }, ...all.map(box));
}

function helpOf(field, forLife) {
  const said = [field.help ? titled(field.help) : null];
  if (forLife) said.push(text("desk.for-life"));
  else if (field.type === "list" && !field.codes) said.push(text("desk.list.help"));
  else if (["integer", "number"].includes(field.type) && (field.min !== null || field.max !== null)) {
    said.push(text("desk.range", { least: field.min === null ? "−∞" : count(field.min), most: field.max === null ? "∞" : count(field.max) }));
  }
  return said.filter(Boolean).join(" ") || null;
}

/** What stands in the inputs, by field; an empty one is null. */
export function valuesOf(form, fields) {
  return Object.fromEntries(fields.map((field) => [field.name, field.codes && field.type === "list" ? ticked(form, field) : valueOf(form.elements.namedItem(field.name), field)]));
}

function ticked(form, { name }) {
  const chosen = [...form.querySelectorAll(`[data-field="${CSS.escape(name)}"] input:checked`)].map(({ value }) => value);
  return chosen.length ? chosen : null;
}

function valueOf(input, field) {
  const typed = input.value.trim();
  if (typed === "") return null;
  if (field.type === "boolean") return typed === "true";
  if (field.type === "list") return typed.split(/[、,，;；\s]+/).filter(Boolean);
  if (["integer", "number"].includes(field.type) && /^-?\d+(\.\d+)?$/.test(typed)) return Number(typed);
  return typed;
}

/** Puts what is wrong beside its field. */
export function showFaults(root, faults) {
  for (const place of root.querySelectorAll(".fault")) {
    place.hidden = true;
    place.replaceChildren();
    place.closest("[data-field]")?.querySelector("input, select")?.removeAttribute("aria-invalid");
  }
  for (const { field, reason, remedy } of faults) {
    const holder = root.querySelector(`[data-field="${CSS.escape(field)}"]`);
    const place = holder?.querySelector(".fault");
    if (!place) continue;
    place.hidden = false;
    place.append(el("span", {}, reason), remedy ? el("small", {}, ` ${remedy}`) : "");
    holder.querySelector("input, select")?.setAttribute("aria-invalid", "true");
  }
}

/** All faults in one place, each a link to its field. */
export function faultSummary(root, faults, titleOf) {
  const go = (field) => (event) => {
    event.preventDefault();
    root.querySelector(`[data-field="${CSS.escape(field)}"] :is(input, select, button)`)?.focus();
  };
  return el(
    "div",
    { class: "note error", role: "alert", tabindex: "-1" },
    el("strong", {}, text("desk.faults", { count: faults.length })),
    el("ul", {}, ...faults.map(({ field, reason }) => el("li", {}, el("a", { href: `#f-${field}`, onclick: go(field) }, titleOf(field)), `：${reason}`))),
  );
}
