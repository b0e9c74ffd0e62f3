// Accounts as administrators see them: made, given roles, let in or not.

import { get, send } from "../api.js";
import { byId, el } from "../dom.js";
import { moment } from "../format.js";
import { failure } from "../problem.js";
import { text } from "../texts.js";
import { once, onSubmit, started, table } from "./form.js";

let grants = [];
let edited = null;

onSubmit(
  byId("add"),
  byId("said"),
  ({ name, title, role, unit }) => ({ method: "POST", path: "/api/accounts", body: { name, title, grants: [unit ? `${role}@${unit}` : role] } }),
  (made) => {
    byId("add").reset();
    tellPassword(made);
    show();
  },
);
byId("more").addEventListener("click", () => {
  const role = byId("more-role").value;
  const unit = byId("more-unit");
  grants.push({ role, unit: unit.value, unit_name: unit.value ? unit.selectedOptions[0].textContent : null });
  drawGrants();
});
byId("save").addEventListener("click", async () => {
  try {
    await change(edited, { grants: grants.map(written) });
    byId("edit").close();
  } catch (error) {
    byId("edit-said").replaceChildren(failure(error));
  }
});
show();

const written = ({ role, unit, unit_id: id }) => (unit ? `${role}@${unit}` : id ? `${role}@#${id}` : role);
const inWords = ({ role, unit_name: name }) => `${text(`access.role.${role}`)}（${name ?? text("access.everywhere")}）`;

async function show() {
  await started;
  const root = byId("accounts");
  const { items } = await get("/api/accounts");
  const offered = root.dataset.offered !== undefined;
  const told = offered || items.some((row) => row.link);
  const heads = ["name", "person", "roles", "state", ...(told ? ["provider"] : []), "signed-in"].map((name) => text(`access.${name}`));
  const rows = items.map((row) => [
    row.name,
    row.title,
    row.grants.map(inWords).join("；") || text("access.no-roles"),
    text(`access.${state(row)}`),
    ...(told ? [row.link ? linkInWords(row.link) : "—"] : []),
    row.signed_in_at ? moment(row.signed_in_at) : "—",
    el("span", { class: "row" }, ...actions(row, offered)),
  ]);
  root.replaceChildren(table([...heads, ""], rows));
  root.setAttribute("aria-busy", "false");
}

const isLinked = (row) => row.link?.state === "linked";
const state = (row) => (!row.active ? "disabled" : isLinked(row) ? "active" : row.locked ? "locked" : row.must_change ? "once" : "active");
const linkInWords = ({ state: how, subject }) => el("span", {}, text(`access.link.${how}`), subject ? " " : "", subject ? el("code", {}, subject) : "");

function actions(row, offered) {
  const button = (key, onclick) => el("button", { class: "button", type: "button", onclick: () => attempt(onclick), "aria-label": `${text(key)} ${row.name}` }, text(key));
  return [
    button("access.roles", () => edit(row)),
    ...(isLinked(row) ? [] : [button("access.new-password", async () => {
      if (confirm(text("access.new-password.sure", { name: row.name }))) tellPassword(await send("POST", `${pathOf(row)}/password`, {}, `"v${row.version}"`));
      await show();
    })]),
    ...(row.link ? [button("access.link.end", async () => {
      if (confirm(text("access.link.end.sure", { name: row.name }))) await send("DELETE", `${pathOf(row)}/link`, {}, `"v${row.version}"`);
      await show();
    })] : []),
    ...(offered && !isLinked(row) && row.link?.state !== "waiting" ? [button("access.link.mark", async () => {
      await send("PUT", `${pathOf(row)}/link`, {}, `"v${row.version}"`);
      await show();
    })] : []),
    button(row.active ? "access.disable" : "access.enable", () => change(row, { active: !row.active })),
  ];
}

const pathOf = (row) => `/api/accounts/${encodeURIComponent(row.name)}`;

async function attempt(action) {
  byId("said").replaceChildren();
  try {
    await action();
  } catch (error) {
    byId("said").replaceChildren(failure(error, show));
  }
}

async function change(row, body) {
  await send("PATCH", pathOf(row), body, `"v${row.version}"`);
  await show();
}

function tellPassword({ name, password }) {
  byId("said").replaceChildren(once(text("access.password.once", { name }), password));
}

function edit(row) {
  edited = row;
  grants = row.grants.map((grant) => ({ ...grant }));
  byId("edit-head").textContent = `${row.name} · ${text("access.roles")}`;
  byId("edit-said").replaceChildren();
  drawGrants();
  byId("edit").showModal();
}

function drawGrants() {
  byId("grants").replaceChildren(
    ...grants.map((grant, k) =>
      el("p", { class: "row" }, inWords(grant), el("button", { class: "button", type: "button", onclick: () => { grants.splice(k, 1); drawGrants(); }, "aria-label": `${text("access.role.remove")} ${inWords(grant)}` }, text("access.role.remove"))),
    ),
  );
}
