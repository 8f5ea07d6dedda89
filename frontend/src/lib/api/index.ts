export { API_BASE, api, apiFetch, apiJson, json, publicFetch, publicJson, unwrap } from "./client";
export { ApiError, messageOf } from "./errors";
