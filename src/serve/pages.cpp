#include <algorithm>
#include <array>

#include "serve/assets.h"
#include "serve/service.h"

namespace alexnet::serve {
namespace {

struct PageFile {
  std::string_view name;  // "" for what / gives
  std::string_view content_type;
  std::string_view content;
};

PageFile page_file(std::string_view name) {
  static const std::array<PageFile, 5> files{
      {{"", "text/html; charset=utf-8", assets::kIndex},
       {"page.css", "text/css; charset=utf-8", assets::kStyle},
       {"page.js", "text/javascript; charset=utf-8", assets::kScript},
       {"drawings.js", "text/javascript; charset=utf-8", assets::kDrawings},
       {"icon.svg", "image/svg+xml", assets::kIcon}}};
  return *std::ranges::find(files, name, &PageFile::name);  // the router knows no others
}

// Nothing from elsewhere, nothing inline; pictures that the page makes itself are blobs.
constexpr std::string_view kPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

}  // namespace

void Service::page(const Call& call) {
  const auto& segments = call.request->segments;
  const PageFile file = page_file(segments.empty() ? "" : segments.front());
  call.reply({.content_type = std::string(file.content_type),
              .headers = {{"Content-Security-Policy", std::string(kPolicy)},
                          {"Referrer-Policy", "no-referrer"},
                          {"Cross-Origin-Opener-Policy", "same-origin"},
                          {"Cross-Origin-Resource-Policy", "same-origin"},
                          {"Permissions-Policy", "camera=(self), microphone=(), geolocation=()"},
                          {"Cache-Control", "no-cache"}},
              .body = std::string(file.content)});
}

void Service::openapi(const Call& call) {
  call.reply({.body = std::string(assets::kOpenApi)});
}

void Service::metrics(const Call& call) {
  for (const auto& model : store_.all()) {
    metrics_.set_waiting(model->name, executor_.waiting(model->name));
  }
  call.reply({.content_type = "text/plain; version=0.0.4; charset=utf-8", .body = metrics_.text()});
}

}  // namespace alexnet::serve
