// Signs in and goes on to where one came from.

import { byId } from "../dom.js";
import { onSubmit } from "./form.js";

const form = byId("sign-in");
onSubmit(
  form,
  byId("said"),
  ({ name, password }) => ({ method: "POST", path: "/api/session", body: { name, password } }),
  (who) => location.assign(who.must_change ? "/account" : form.dataset.next),
);
