// Scenarios that are kept: saved, shared, copied, opened, discarded, and two laid side by side.

import { get, getAll, post, send } from "../api.js";
import { byId, el } from "../dom.js";
import { moment } from "../format.js";
import { failure } from "../problem.js";
import { text, titled } from "../texts.js";
import { compareDialog } from "./compare.js";
import { conflictNote } from "./conflict.js";
import { scenarioLinks } from "./exporting.js";
import * as plan from "./plan.js";

let listed = [];

/**
 * @param {{say: (words: string) => void, info: object}} given
 */
export function startKeeping({ say, info }) {
  byId("keep").addEventListener("submit", (event) => {
    event.preventDefault();
    attempt(save);
  });
  byId("copy").addEventListener("click", () => attempt(copy));
  byId("discard").addEventListener("click", () => attempt(discard));
  byId("fresh").addEventListener("click", fresh);
  plan.onPlan(draw);
  const attempt = async (run) => {
    try {
      await run();
      await list();
    } catch (error) {
      byId("kept").replaceChildren(failure(error));
      say(error.detail ?? error.message);
    }
  };

  async function save() {
    const { service, type, on, changes, scenario } = plan.current();
    const values = { name: byId("name").value, shared: byId("shared").checked, changes };
    const mine = scenario?.mine;
    try {
      const answer = mine ? await send("PATCH", `/api/scenarios/${scenario.id}`, values, tag(scenario)) : await post("/api/scenarios", { ...values, service, type, on });
      stored(answer);
    } catch (error) {
      if (!mine || ![404, 412].includes(error.status)) throw error;
      await showConflict(scenario, values);
    }
  }

  function stored(answer) {
    plan.saved(answer);
    keepId(answer.id);
    tell(text("siting.saved", { name: answer.name }));
  }

  async function showConflict(scenario, values) {
    const note = await conflictNote(scenario, values, {
      onDone: (answer) => attempt(() => stored(answer)),
      onFailed: (error) => attempt(() => Promise.reject(error)),
      onOpen: (theirs) => {
        plan.startScenario(theirs);
        tell(text("siting.opened", { name: theirs.name }));
      },
    });
    byId("kept").replaceChildren(note);
    say(text("siting.conflict"));
  }

  async function copy() {
    const { scenario } = plan.current();
    const answer = await post(`/api/scenarios/${scenario.id}/copy`, { name: text("siting.copy.name", { name: scenario.name }).slice(0, 80) });
    plan.startScenario(answer);
    tell(text("siting.copied", { name: answer.name }));
  }

  async function discard() {
    const { scenario } = plan.current();
    if (!confirm(text("siting.discard.sure", { name: scenario.name }))) return;
    await send("DELETE", `/api/scenarios/${scenario.id}`, {}, tag(scenario));
    plan.startCase({ service: scenario.service, type: scenario.type, on: scenario.on });
    tell(text("siting.discarded", { name: scenario.name }));
  }

  function fresh() {
    if (plan.unsaved() && !confirm(text("siting.case.leave"))) return;
    const { service, type, on } = plan.current();
    plan.startCase({ service, type, on });
  }

  const tell = (words) => {
    byId("kept").replaceChildren(words);
    say(words);
  };

  async function list() {
    listed = await getAll("/api/scenarios");
    drawList();
  }

  function drawList() {
    const { scenario } = plan.current();
    if (!listed.length) return byId("scenarios").replaceChildren(el("p", { class: "quiet" }, text("siting.scenarios.none")));
    const lines = listed.map((one) => {
      const open = el("button", { type: "button", class: "link", "aria-current": scenario?.id === one.id ? "true" : null, onclick: () => attempt(() => openOne(one.id)) }, one.name);
      const of = [one.mine ? null : text("siting.by", { owner: one.owner }), one.mine && one.shared ? text("siting.shared.short") : null, typeTitle(one.type), moment(one.changed_at), one.stale.length ? text("siting.stale.short") : null];
      return el("li", {}, open, el("span", { class: "quiet" }, ` ${of.filter(Boolean).join(" · ")}`));
    });
    const compare = listed.length > 1 ? el("button", { type: "button", class: "button", onclick: () => compareDialog(byId("dialog"), listed, plan.current().scenario) }, text("siting.compare")) : "";
    return byId("scenarios").replaceChildren(el("h3", {}, text("siting.scenarios")), el("ul", { class: "kept" }, ...lines), compare);
  }

  const typeTitle = (code) => titled(info.facility_types.find((type) => type.code === code)?.title) || code;

  async function openOne(id) {
    if (plan.unsaved() && !confirm(text("siting.case.leave"))) return;
    start(await get(`/api/scenarios/${id}`));
  }

  /** Another scenario: what was told of the one before goes. */
  function start(scenario) {
    plan.startScenario(scenario);
    keepId(scenario.id);
    byId("kept").replaceChildren();
  }

  function draw() {
    const { scenario } = plan.current();
    const own = !scenario || scenario.mine;
    for (const id of ["copy", "discard"]) byId(id).hidden = !scenario;
    byId("discard").hidden ||= !own;
    byId("save").textContent = text(scenario && !own ? "siting.save.own" : "siting.save");
    if (scenario !== draw.shown) {
      byId("name").value = scenario?.name ?? "";
      byId("shared").checked = Boolean(scenario?.mine && scenario.shared);
      byId("faults").replaceChildren(...told(scenario));
    }
    byId("files").replaceChildren(scenario ? scenarioLinks(scenario.id, { unsaved: plan.unsaved() }) : "");
    draw.shown = scenario;
    drawList();
  }

  return {
    /** A scenario that was made elsewhere on the page. */
    async show(scenario) {
      start(scenario);
      await attempt(() => {});
    },
    /** Opens the scenario that the address names; gives whether it did. */
    async open() {
      await list().catch((error) => byId("scenarios").replaceChildren(failure(error)));
      const id = new URLSearchParams(location.search).get("scenario");
      if (!/^[1-9]\d{0,15}$/.test(id ?? "")) return false;
      try {
        plan.startScenario(await get(`/api/scenarios/${id}`));
        return true;
      } catch (error) {
        byId("kept").replaceChildren(failure(error));
        return false;
      }
    },
  };
}

const tag = ({ version }) => `"v${version}"`;

/** What has become of a scenario since its last change. */
function told(scenario) {
  if (!scenario) return [];
  const layers = scenario.stale.length ? [el("p", { class: "note warn" }, text("siting.stale"))] : [];
  return [...layers, ...scenario.faults.map(({ number, detail }) => el("p", { class: "note warn" }, text("siting.fault", { number }), " ", detail))];
}

function keepId(id) {
  const given = new URLSearchParams(location.search);
  given.set("scenario", id);
  // What is opened last is what the address opens.
  given.delete("answer");
  history.replaceState(null, "", `?${given}`);
}
