#include <algorithm>

#include "serve/assets.h"
#include "serve/service.h"

namespace alexnet::serve {
namespace {

std::string_view asset(std::string_view name) {
  return std::ranges::find(assets(), name, &Asset::name)->content;
}

std::string_view type_of(std::string_view name) {
  if (name.ends_with(".html")) return "text/html; charset=utf-8";
  if (name.ends_with(".css")) return "text/css; charset=utf-8";
  if (name.ends_with(".js")) return "text/javascript; charset=utf-8";
  return "image/svg+xml";
}

// Nothing from elsewhere, nothing inline; pictures that the page makes itself are blobs.
constexpr std::string_view kPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

}  // namespace

void Service::page(const Call& call) {
  const auto& segments = call.request->segments;
  const std::string name = segments.empty() ? "index.html" : segments.front();
  call.reply({.content_type = std::string(type_of(name)),
              .headers = {{"Content-Security-Policy", std::string(kPolicy)},
                          {"Referrer-Policy", "no-referrer"},
                          {"Cross-Origin-Opener-Policy", "same-origin"},
                          {"Cross-Origin-Resource-Policy", "same-origin"},
                          {"Permissions-Policy", "camera=(self), microphone=(), geolocation=()"},
                          {"Cache-Control", "no-cache"}},
              .body = std::string(asset(name))});
}

void Service::openapi(const Call& call) {
  call.reply({.body = std::string(asset("openapi.json"))});
}

void Service::metrics(const Call& call) {
  for (const auto& model : store_.all()) {
    metrics_.set_waiting(model->name, executor_.waiting(model->name));
  }
  call.reply({.content_type = "text/plain; version=0.0.4; charset=utf-8", .body = metrics_.text()});
}

}  // namespace alexnet::serve
