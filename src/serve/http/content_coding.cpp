#include "serve/http/content_coding.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <string>

#include "serve/http/headers.h"
#include "serve/http/problem.h"
#include "serve/http/request_json.h"

namespace alexnet::serve {
namespace {

bool is_plain(std::string_view coding) {
  return coding.empty() || coding == "identity";
}

// "deflate" is the zlib format; some clients send it without that format's two bytes of header,
// which are a multiple of 31 and begin with the method.
int window_bits(std::string_view coding, std::string_view body) {
  constexpr int kGzip = 16;
  if (coding == "gzip" || coding == "x-gzip") return kGzip + MAX_WBITS;
  if (body.size() < 2) return MAX_WBITS;
  const auto first = static_cast<unsigned char>(body[0]);
  const auto second = static_cast<unsigned char>(body[1]);
  const bool has_header = (first & 0x0FU) == Z_DEFLATED && (first * 256U + second) % 31U == 0;
  return has_header ? MAX_WBITS : -MAX_WBITS;
}

class Inflater {
 public:
  Inflater(std::string_view body, int window_bits) {
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(body.data()));
    stream_.avail_in = static_cast<uInt>(body.size());
    if (inflateInit2(&stream_, window_bits) != Z_OK) throw std::bad_alloc();
  }
  ~Inflater() { inflateEnd(&stream_); }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  // Appends the next piece; false at the end. A gzip file may be of several members.
  bool append_to(std::string& text) {
    std::array<char, 65'536> piece{};
    stream_.next_out = reinterpret_cast<Bytef*>(piece.data());
    stream_.avail_out = static_cast<uInt>(piece.size());
    const int result = inflate(&stream_, Z_NO_FLUSH);
    text.append(piece.data(), piece.size() - stream_.avail_out);
    if (result == Z_STREAM_END) {
      if (stream_.avail_in == 0) return false;
      inflateReset(&stream_);
    } else if (result != Z_OK) {
      throw Problem(400, result == Z_BUF_ERROR
                             ? "the compressed body is cut short"
                             : "the body is not what its Content-Encoding says, or damaged");
    }
    return true;
  }

 private:
  z_stream stream_{};
};

}  // namespace

void check_content_coding(std::string_view content_encoding) {
  const std::string coding = lower_case(content_encoding);
  if (is_plain(coding) || coding == "gzip" || coding == "x-gzip" || coding == "deflate") return;
  throw Problem(415,
                fmt::format("the Content-Encoding '{}' is not understood; gzip and deflate are",
                            to_printable(content_encoding)),
                {{"Accept-Encoding", "gzip, deflate"}});
}

std::shared_ptr<const HttpRequest> decode_body(std::shared_ptr<const HttpRequest> request,
                                               const HttpOptions& options) {
  const std::string coding = lower_case(request->header("Content-Encoding"));
  if (is_plain(coding) || request->body.empty()) return request;
  auto decoded = std::make_shared<HttpRequest>();
  static_cast<RequestHead&>(*decoded) = *request;
  MemoryReservation& counted = decoded->reservation.emplace(request->reservation->total());
  Inflater inflater(request->body, window_bits(coding, request->body));
  bool more = true;
  while (more) {
    more = inflater.append_to(decoded->body);
    if (decoded->body.size() > options.max_body) throw body_too_large(options.max_body);
    counted.resize(decoded->body.size());
    if (counted.all() > options.max_bodies) throw bodies_too_large();
  }
  return decoded;
}

}  // namespace alexnet::serve
