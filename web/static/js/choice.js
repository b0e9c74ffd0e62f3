// What the server offers (/api/map) and what of it is chosen: the address may leave things open.

import { state } from "./state.js";

let offer = null;

export const info = () => offer;
export const setInfo = (answer) => {
  offer = answer;
};

export const typeOf = (code) => offer?.facility_types.find((type) => type.code === code) ?? null;
export const serviceOf = (id) => offer?.services.find((service) => service.id === id) ?? null;
export const modeOf = (id) => offer?.modes.find((mode) => mode.id === id) ?? null;

/** The service in force: the one of the address, else the headline one. */
export function chosenService() {
  return serviceOf(state().service) ?? offer?.services.find((service) => service.headline) ?? offer?.services[0] ?? null;
}

/** The facility type in force: the one of the address where the service knows it, else its first one that exists. */
export function chosenType() {
  const service = chosenService();
  const known = typesOfService(service);
  const wanted = [state().type, service?.headline_type].map((code) => known.find((type) => type.code === code)).find(Boolean);
  return wanted ?? known.find((type) => type.count > 0) ?? known[0] ?? null;
}

/** The types that a service speaks of, in its order. */
export const typesOfService = (service) => (service?.types ?? []).map(typeOf).filter(Boolean);

/** Ids of the layers that show. */
export function shownLayers() {
  const chosen = state().layers;
  const shows = ({ id, style }) => (chosen ? chosen.includes(id) : style?.visible !== false);
  return (offer?.layers ?? []).filter(shows).map((layer) => layer.id);
}
