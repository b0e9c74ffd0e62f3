// Who is signed in: the link in the bar, and the key that goes with every change.

import { get, useFormKey } from "./api.js";
import { byId } from "./dom.js";
import { onLanguage, text } from "./texts.js";

let who = null;

/** Finds out who is signed in and tells it in the bar. */
export async function startSession() {
  who = await get("/api/session");
  useFormKey(who.form_key);
  onLanguage(draw);
  draw();
}

/** Whether the reader sees what is not published, and what became of a record. */
export const mayRead = () => Boolean(who?.may.includes("read"));

function draw() {
  const link = byId("account");
  link.textContent = who.account ?? text("access.sign-in");
  link.href = who.account ? "/account" : "/sign-in";
  link.title = who.account ? text("access.mine") : "";
  for (const id of ["desk-data", "desk-names"]) byId(id).hidden = !mayRead();
  byId("desk-siting").hidden = !who.may.includes("compute");
}
