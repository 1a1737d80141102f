"use strict";
// Asks the server, for all pages: with the token, where there is one, and with words for what goes wrong.

const at = (id) => document.getElementById(id);
const unreachable = "The server cannot be reached. Is it still running?";
const headers = () => (at("token").value ? { Authorization: `Bearer ${at("token").value}` } : {});

function showProblem(text) {
  at("status").textContent = "";
  at("result").hidden = true;
  at("problem").textContent = text;
  at("problem").hidden = false;
}

function askForToken() {
  at("token-why").textContent = at("token").value
    ? "That is not this server's token. Was it copied as a whole?"
    : "This server answers those who know its token. Whoever runs it can tell you.";
  at("about").textContent = "";
  at("status").textContent = "";
  at("result").hidden = true;
  at("token-form").hidden = false;
  at("token").select();
}

/// The response; null where there is none or it tells of a problem, which is then shown, of the
/// picture of that name. `wanted()`: whether it is still waited for.
async function request(address, options, wanted, name) {
  try {
    const response = await fetch(address, { ...options, headers: { ...options.headers, ...headers() } });
    const content = response.ok ? await response.json() : await response.json().catch(() => ({}));
    if (!wanted()) return null;
    if (response.ok) return content;
    if (response.status === 401) askForToken();
    else showProblem(content.detail?.replace(/^image 1 /, `${name} `) ?? `The server answered ${response.status}.`);
  } catch {
    if (wanted()) showProblem(unreachable);
  }
  return null;
}
