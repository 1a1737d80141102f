#include "serve/page/pages.h"

#include <array>
#include <string>

#include "serve/page/assets.h"

namespace alexnet::serve {
namespace {

// Nothing from other hosts, nothing inline; images that the page makes itself are blobs.
constexpr std::string_view kPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

HttpResponse file_response(std::string_view content_type, std::string_view content) {
  return {.content_type = std::string(content_type),
          .headers = {{"Content-Security-Policy", std::string(kPolicy)},
                      {"Referrer-Policy", "no-referrer"},
                      {"Cross-Origin-Opener-Policy", "same-origin"},
                      {"Cross-Origin-Resource-Policy", "same-origin"},
                      {"Permissions-Policy", "camera=(self), microphone=(), geolocation=()"},
                      {"Cache-Control", "no-cache"}},
          .body = std::string(content)};
}

void index(const Call& call, ServerState& /*state*/) {
  call.reply(file_response("text/html; charset=utf-8", assets::kIndex));
}
void style(const Call& call, ServerState& /*state*/) {
  call.reply(file_response("text/css; charset=utf-8", assets::kStyle));
}
void script(const Call& call, ServerState& /*state*/) {
  call.reply(file_response("text/javascript; charset=utf-8", assets::kScript));
}
void client(const Call& call, ServerState& /*state*/) {
  call.reply(file_response("text/javascript; charset=utf-8", assets::kClient));
}
void compare(const Call& call, ServerState& /*state*/) {
  call.reply(file_response("text/html; charset=utf-8", assets::kCompare));
}
void compare_script(const Call& call, ServerState& /*state*/) {
  call.reply(file_response("text/javascript; charset=utf-8", assets::kCompareScript));
}
void answer(const Call& call, ServerState& /*state*/) {
  call.reply(file_response("text/javascript; charset=utf-8", assets::kAnswer));
}
void drawings(const Call& call, ServerState& /*state*/) {
  call.reply(file_response("text/javascript; charset=utf-8", assets::kDrawings));
}
void icon(const Call& call, ServerState& /*state*/) {
  call.reply(file_response("image/svg+xml", assets::kIcon));
}
void openapi(const Call& call, ServerState& state) {
  call.reply({.body = state.openapi});
}

constexpr const char* kScriptResponse = R"({"description": "JavaScript", "content": {
    "text/javascript": {"schema": {"type": "string"}}}})";

constexpr auto kEndpoints = std::to_array<Endpoint>({
    {.method = "GET",
     .pattern = "/",
     .handler = index,
     .open = true,
     .documentation = {.id = "page",
                       .summary = "The page for people",
                       .response = R"({"description": "HTML", "content": {
                           "text/html": {"schema": {"type": "string"}}}})"}},
    {.method = "GET",
     .pattern = "/page.css",
     .handler = style,
     .open = true,
     .documentation = {.id = "pageStyle",
                       .summary = "The page's style",
                       .response = R"({"description": "CSS", "content": {
                           "text/css": {"schema": {"type": "string"}}}})"}},
    {.method = "GET",
     .pattern = "/page.js",
     .handler = script,
     .open = true,
     .documentation = {.id = "pageScript",
                       .summary = "The page's script",
                       .response = kScriptResponse}},
    {.method = "GET",
     .pattern = "/client.js",
     .handler = client,
     .open = true,
     .documentation = {.id = "pageClient",
                       .summary = "How the pages ask this server",
                       .response = kScriptResponse}},
    {.method = "GET",
     .pattern = "/compare",
     .handler = compare,
     .open = true,
     .documentation = {.id = "comparePage",
                       .summary = "The page that compares two pictures",
                       .response = R"({"description": "HTML", "content": {
                           "text/html": {"schema": {"type": "string"}}}})"}},
    {.method = "GET",
     .pattern = "/compare.js",
     .handler = compare_script,
     .open = true,
     .documentation = {.id = "compareScript",
                       .summary = "That page's script",
                       .response = kScriptResponse}},
    {.method = "GET",
     .pattern = "/answer.js",
     .handler = answer,
     .open = true,
     .documentation = {.id = "pageAnswer",
                       .summary = "What shows the page's answers",
                       .response = kScriptResponse}},
    {.method = "GET",
     .pattern = "/drawings.js",
     .handler = drawings,
     .open = true,
     .documentation = {.id = "pageDrawings",
                       .summary = "The page's drawings to classify",
                       .response = kScriptResponse}},
    {.method = "GET",
     .pattern = "/icon.svg",
     .handler = icon,
     .open = true,
     .documentation = {.id = "pageIcon",
                       .summary = "The page's icon",
                       .response = R"({"description": "SVG", "content": {
                           "image/svg+xml": {"schema": {"type": "string"}}}})"}},
    {.method = "GET",
     .pattern = "/openapi.json",
     .handler = openapi,
     .open = true,
     .documentation = {.id = "openapi",
                       .summary = "This document",
                       .response = R"({"description": "OpenAPI", "content": {
                           "application/json": {"schema": {"type": "object"}}}})"}},
});

}  // namespace

std::span<const Endpoint> page_endpoints() {
  return kEndpoints;
}

}  // namespace alexnet::serve
