// One's own password and tokens.

import { get, send } from "../api.js";
import { byId, el } from "../dom.js";
import { moment } from "../format.js";
import { text } from "../texts.js";
import { failure } from "../problem.js";
import { once, onSubmit, started, table } from "./form.js";

byId("sign-out").addEventListener("click", async () => {
  await started;
  await send("DELETE", "/api/session", {});
  location.assign("/");
});
if (byId("change")) {
  onSubmit(
    byId("change"),
    byId("said"),
    ({ old, new: chosen, again }) => {
      if (chosen !== again) throw new Error(text("access.not-same"));
      return { method: "PUT", path: "/api/session/password", body: { old, new: chosen } };
    },
    () => location.reload(),
  );
}
if (byId("token")) {
  onSubmit(
    byId("token"),
    byId("token-said"),
    ({ title, scope, days }) => ({ method: "POST", path: "/api/session/tokens", body: { title, scope, days: Number(days) } }),
    ({ token }) => {
      byId("token-said").replaceChildren(once(text("access.token.once"), token));
      byId("token").reset();
      show();
    },
  );
  show();
}

async function show() {
  await started;
  const { items } = await get("/api/session/tokens");
  const heads = ["title", "scope", "created_at", "ends_at", "used_at"].map((name) => text(`access.token.${name}`));
  const rows = items.map((token) => [
    token.title,
    text(`access.scope.${token.scope}`),
    moment(token.created_at),
    token.revoked_at ? text("access.token.revoked") : moment(token.ends_at),
    token.used_at ? moment(token.used_at) : "—",
    token.revoked_at ? "" : el("button", { class: "button", type: "button", onclick: () => revoke(token.id) }, text("access.token.revoke")),
  ]);
  byId("tokens").replaceChildren(items.length ? table([...heads, ""], rows) : el("p", { class: "quiet" }, text("access.token.none")));
}

async function revoke(id) {
  try {
    await send("DELETE", `/api/session/tokens/${id}`, {});
    await show();
  } catch (error) {
    byId("token-said").replaceChildren(failure(error));
  }
}
