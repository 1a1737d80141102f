// Everything that the server refuses for what a request says: the request, the status and the
// sentence. Read the list as somebody who meets one of them for the first time. The bytes of HTTP
// are in http/rfc9112_test.cpp, limits in http/limits_test.cpp.
#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "core/base64.h"
#include "serve/api/api_fixture.h"
#include "support/paths.h"
#include "support/temp_data.h"

namespace alexnet::serve {
namespace {

using nlohmann::json;
using test::Answer;
using test::HttpClient;
using test::request_text;

struct Refusal {
  std::string body;
  int status;
  std::string sentence;
};

class Refusals : public test::ApiFixture {
 protected:
  static std::string sentence_of(const Answer& answer) {
    return json::parse(answer.body, nullptr, false).value("detail", answer.body);
  }
  void expect(const std::string& path, const Headers& headers,
              const std::vector<Refusal>& refusals) const {
    for (const Refusal& refusal : refusals) {
      SCOPED_TRACE(refusal.body.substr(0, 200));
      const Answer answer = HttpClient(server_->port()).post(path, refusal.body, headers);
      EXPECT_EQ(answer.status, refusal.status);
      EXPECT_EQ(sentence_of(answer), refusal.sentence);
    }
  }
  // Requests as they are sent.
  void expect_raw(const std::vector<Refusal>& refusals) const {
    for (const Refusal& refusal : refusals) {
      SCOPED_TRACE(refusal.body.substr(0, 200));
      HttpClient client(server_->port());
      client.send(refusal.body);
      const Answer answer = client.read();
      EXPECT_EQ(answer.status, refusal.status);
      EXPECT_EQ(sentence_of(answer), refusal.sentence);
    }
  }
};

const Headers& as_json() {
  static const Headers headers{{"Content-Type", "application/json"}};
  return headers;
}

TEST_F(Refusals, Http) {
  const auto get = [](const std::string& target, const std::string& fields = "Host: x\r\n") {
    return fmt::format("GET {} HTTP/1.1\r\n{}\r\n", target, fields);
  };
  expect_raw({
      {"hello\r\n\r\n", 400, "the request is not valid HTTP: bad method"},
      {"GET / HTTP/3.0\r\n\r\n", 400, "the request is not valid HTTP: bad version"},
      {get("/", ""), 400, "the request has no Host, which HTTP/1.1 requires"},
      {get("/", "Host: x\r\nHost: x\r\n"), 400, "the request has more than one Host"},
      {get("/", "Host: x/y\r\n"), 400,
       "the request's Host is not a host, perhaps with a port up to 65535"},
      {get("http://:80/"), 400,
       "the request's target has ':80' where a host belongs, perhaps with a port up to 65535"},
      {get("*"), 400, "the request's target must be a path, such as /v2, not '*'"},
      {get("/%zz"), 400,
       "'%zz' in the request's target is no escape: two hexadecimal digits follow a %, which is "
       "itself written %25"},
      {get("/#a"), 400,
       "the request's target has a fragment (#), which clients keep to themselves"},
      {get("/?a=1&a=2"), 400, "the parameter 'a' is in the query twice"},
      {get("/", "Host: x\r\nTransfer-Encoding: gzip\r\n"), 400,
       "the only Transfer-Encoding understood is chunked, once"},
      {get("/", "Host: x\r\nTransfer-Encoding: gzip\r\nContent-Length: 1\r\n"), 400,
       "the request has both Content-Length and Transfer-Encoding"},
      {"GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400,
       "HTTP/1.0 has no Transfer-Encoding; send Content-Length"},
      {get("/nowhere"), 404, "there is no /nowhere; see /openapi.json"},
      {get("/v1/predict"), 405, "/v1/predict takes POST, not GET"},
      {request_text("DELETE", "/v2"), 405, "/v2 takes GET, HEAD, not DELETE"},
      {request_text("PUT", "/v2/models/stats"), 405, "/v2/models/stats takes GET, HEAD, not PUT"},
      {request_text("GET", "/v2", {}, "x"), 400, "a GET is sent without a body here"},
      {request_text("POST", "/v1/predict", {{"Content-Encoding", "br"}}, "x"), 415,
       "the Content-Encoding 'br' is not understood; gzip and deflate are"},
      {request_text("POST", "/v1/predict", {{"Content-Encoding", "gzip"}}, "no gzip"), 400,
       "the body is not what its Content-Encoding says, or damaged"},
      {request_text("POST", "/v1/predict", {{"Content-Encoding", "gzip"}}, "\x1F"), 400,
       "the compressed body is cut short"},
      {request_text("POST", "/v1/predict", {{"Expect", "cake"}}, "x"), 417,
       "the only expectation supported is 100-continue"},
  });
}

TEST_F(Refusals, Tokens) {
  ServerOptions options = test::test_options();
  options.token = "secret";
  server_ = test::start_server(options);
  expect("/v1/predict", {}, {{"x", 401, "a token is needed: Authorization: Bearer TOKEN"}});
  for (const char* wrong : {"secret", "Basic secret", "Bearer Secret"}) {
    expect("/v1/predict", {{"Authorization", wrong}},
           {{"x", 401, "the Authorization is not 'Bearer' and this server's token"}});
  }
}

TEST_F(Refusals, ImagesOfPredict) {
  const std::string formats = "JPEG, PNG, WebP, TIFF, GIF, BMP";
  expect("/v1/predict", {},
         {{"", 400, "image 1 is empty"}, {"%PDF-1.7", 415, "image 1 is none of " + formats}});
  expect(
      "/v1/predict", {{"Content-Type", "text/html"}},
      {{"x", 415,
        "'text/html' is not understood; send image/jpeg (or image/png, …), multipart/form-data or "
        "application/json"}});
  expect("/v1/predict", {{"Content-Type", "application/x-www-form-urlencoded"}},
         {{R"({"image": "…"})", 415,
           "the body looks like JSON; send it with Content-Type: application/json"}});
  for (const auto& [query, sentence] : std::vector<std::pair<std::string, std::string>>{
           {"top=0", "'top' must be a whole number, 1 to 100000, not '0'"},
           {"top=", "'top' must be a whole number, 1 to 100000, not ''"},
           {"explain=maybe", "'explain' must be true or false, not maybe"},
           {"topp=1", "there is no parameter 'topp'; there are model, top and explain"}}) {
    expect("/v1/predict?" + query, {}, {{png_, 400, sentence}});
  }
  expect("/v1/predict?model=large", {},
         {{png_, 404, "there is no model 'large'; /v1/models lists those that there are"}});
}

TEST_F(Refusals, JsonOfPredict) {
  const std::string file = to_base64(png_);
  expect(
      "/v1/predict", as_json(),
      {
          {"", 400, "the request has no body; it must be a JSON object"},
          {"[]", 400, "the request's body must be a JSON object"},
          {"{\"image\": }", 400, "the request's body: damaged, not valid JSON at byte 11"},
          {std::string("{}\0", 3), 400,
           "the request's body: damaged, not valid JSON at byte 3, which is zero"},
          {"{}", 400, "the request has no image"},
          {R"({"image": null})", 400, "the request has no image"},
          {R"({"image": 3})", 400, "an image in JSON must be a base64 string"},
          {R"({"images": "YQ=="})", 400, "'images' must be a list of base64 strings"},
          {R"({"image": ""})", 400, "image 1 is empty"},
          {R"({"image": "ab-_"})", 400,
           "image 1 is not base64: character 3 is '-', of the alphabet for URLs; send '+' and '/'"},
          {R"({"image": "YW Jj"})", 400,
           "image 1 is not base64: character 3 is a space, which a '+' becomes in a form that is "
           "not escaped"},
          {R"({"image": "YWJ"})", 400,
           "image 1 is not base64: its length is wrong: four characters make three bytes, the "
           "last ones filled with '='"},
          {R"({"image": "shoe.png"})", 400, "image 1 is not base64: character 5 is '.'"},
          {R"({"image": "http://x/shoe.png"})", 400,
           "image 1 is not base64: it looks like an address; the server fetches none, send the "
           "file's content"},
          {"{\"image\": \"\\u0001\"}", 400,
           "image 1 is not base64: character 1 is the byte 1; send the file as base64"},
          {R"({"image": "data:image/png,abc"})", 400, "image 1 is a data URL without ';base64,'"},
          {json{{"image", file}, {"top", 1.5}}.dump(), 400,
           "'top' must be a whole number, 1 to 100000, not '1.5'"},
          {json{{"image", file}, {"model", 1}}.dump(), 400, "'model' must be a string"},
          {json{{"image", file}, {"top", {1}}}.dump(), 400, "'top' must be a single value"},
          {json{{"image", file}, {"explain", 2}}.dump(), 400,
           "'explain' must be true or false, not 2"},
          {json{{"images", {file, file}}, {"explain", true}}.dump(), 400,
           "'explain' takes one image at a time; the request has 2"},
      });
}

TEST_F(Refusals, Forms) {
  const std::string broken = "the multipart body is not well-formed: ";
  const auto part = [](const std::string& head, const std::string& content) {
    return "--x\r\n" + head + "\r\n\r\n" + content + "\r\n--x--\r\n";
  };
  expect("/v1/predict", {{"Content-Type", "multipart/form-data"}},
         {{"--x", 400, broken + "its Content-Type has no boundary of 1 to 70 characters"}});
  expect(
      "/v1/predict", {{"Content-Type", "multipart/form-data; boundary=x"}},
      {
          {"nothing", 400, broken + "its boundary does not occur"},
          {"--xy", 400, broken + "text follows a boundary on its line"},
          {"--x\r\nA: b", 400, broken + "a part's header does not end"},
          {"--x\r\nnonsense\r\n\r\n", 400, broken + "a header line has no colon"},
          {"--x\r\nA: b\r\n\r\nc", 400, broken + "the last boundary is missing"},
          {part("A: b", "c"), 400,
           broken + "a part has no Content-Disposition: form-data with a name"},
          {part("Content-Disposition: form-data; name=\"image\"\r\nContent-Type: "
                "multipart/mixed; boundary=y",
                "c"),
           400, broken + "a part holds several files; give each a part of its own (in curl an -F)"},
          {part("Content-Disposition: form-data; name=\"colour\"", "red"), 400,
           "there is no parameter 'colour'; there are model, top and explain"},
          {part("Content-Disposition: form-data; name=\"image\"; filename=\"a.png\"", ""), 400,
           "a.png is empty"},
          {part("Content-Disposition: form-data; name=\"top\"", "2"), 400,
           "the request has no image"},
      });
}

TEST_F(Refusals, Infer) {
  const auto input = [](const json::object_t& changes) {
    json tensor{{"name", "input"},
                {"datatype", "UINT8"},
                {"shape", {1, 28, 28, 1}},
                {"data", std::vector<int>(784, 0)}};
    for (const auto& [key, value] : changes) tensor[key] = value;
    return json{{"inputs", {tensor}}};
  };
  const auto request = [&](const json::object_t& changes) { return input(changes).dump(); };
  const auto with = [&](const char* key, const json& value) {
    json body = input({});
    body[key] = value;
    return body.dump();
  };
  const std::string one_input = "'inputs' must be a list of one input, 'input'";
  expect("/v2/models/small/infer", {},
         {
             {"{}", 400, one_input},
             {R"({"inputs":[]})", 400, one_input},
             {R"({"inputs":[{},{}]})", 400, one_input},
             {request({{"name", "x"}}), 400, "the input's name must be 'input'"},
             {request({{"datatype", "FP64"}}), 400,
              "the input's datatype is 'FP64', which is none of FP32, FP16, BF16, UINT8 and BYTES"},
             {request({{"datatype", nullptr}}), 400,
              "the input's datatype is '', which is none of FP32, FP16, BF16, UINT8 and BYTES"},
             {request({{"shape", "large"}}), 400,
              "the input's 'shape' must be a list of whole numbers"},
             {request({{"shape", {1, 1, 28, 28}}}), 400,
              "an input of UINT8 must have the shape [N, 28, 28, 1] with N above 0, not [1, 1, 28, "
              "28]"},
             {request({{"datatype", "BYTES"}, {"shape", {0}}}), 400,
              "an input of BYTES must have the shape [N] with N above 0, not [0]"},
             {request({{"data", {1, 2}}}), 400, "the input has 2 values where its shape says 784"},
             {request({{"data", {{1, 2}, {3}}}}), 400,
              "the lists of the data are ragged: of one level, not all are equally long"},
             {request({{"data", json::array({std::vector<int>(784, 0)})}}), 400,
              "the input's 'data' is nested as [1, 784] where its 'shape' says [1, 28, 28, 1]; "
              "send it "
              "flat, or nested as the shape is"},
             {request({{"data", std::vector<int>(784, 256)}}), 400,
              "an input of UINT8 must hold whole numbers, 0 to 255"},
             {request({{"data", {true}}}), 400,
              "the data has true where a number or an image in base64 must be"},
             {request({{"data", {1, "YQ=="}}}), 400, "the data has both numbers and text"},
             {request({{"data", {"YQ=="}}}), 400, "an input of UINT8 must hold numbers"},
             {request({{"datatype", "BYTES"}, {"shape", {1}}, {"data", {1}}}), 400,
              "an input of BYTES must hold images in base64"},
             {request({{"datatype", "BYTES"}, {"shape", {1}}, {"data", {"%"}}}), 400,
              "image 1 is not base64: character 1 is '%'"},
             {request({{"data", 3}}), 400, "the input's 'data' must be a list"},
             {request({{"data", nullptr}}), 400, "the input has neither 'data' nor binary data"},
             {request({{"parameters", {{"binary_data_size", 5}}}}), 400,
              "the input has both 'data' and 'binary_data_size'; send one"},
             {request({{"data", nullptr}, {"parameters", {{"binary_data_size", 5}}}}), 400,
              "'binary_data_size' says 5 where 0 bytes follow the JSON"},
             {request({{"parameters", {{"binary_data_size", -1}}}}), 400,
              "'binary_data_size' must be a whole number, 0 to 1000000000"},
             {request({{"parameters", {{"shared_memory_region", "r"}}}}), 400,
              "the input is to be in shared memory, which this server has not; send it in the "
              "request, "
              "in binary or as JSON"},
             {request({{"datatype", "FP32"},
                       {"shape", {1, 1, 28, 28}},
                       {"data", std::vector<double>(784, 1e300)}}),
              400, "the input has values that are not finite"},
             {request({{"datatype", "FP32"},
                       {"shape", {1, 1, 28, 28}},
                       {"data", std::vector<double>(784, 3e38)}}),
              422,
              "the network's output is not finite: the input is far out of range, or the weights "
              "are damaged"},
             {with("id", 1), 400, "'id' must be a string"},
             {with("parameters", 1), 400, "'parameters' must be an object"},
             {with("outputs", 1), 400, "'outputs' must be a list"},
             {with("outputs", {{{"name", 1}}}), 400, "each output must be an object with a name"},
             {with("outputs", {{{"name", "x"}}}), 400,
              "there is no output 'x'; there are log_probabilities, logits and probabilities"},
             {with("outputs", std::vector<json>(17, {{"name", "logits"}})), 400,
              "more than 16 outputs are asked for"},
             {with("parameters", {{"binary_data_output", "perhaps"}}), 400,
              "'binary_data_output' must be true or false, not perhaps"},
         });
  expect(
      "/v2/models/small/infer", {{"Inference-Header-Content-Length", "9"}},
      {{"{}", 400,
        "Inference-Header-Content-Length must be the number of bytes of JSON, at most the body's "
        "2"}});
  expect("/v2/models/small/infer", {{"Inference-Header-Content-Length", "0"}},
         {{"abc", 400,
           "a body without JSON must be FP32 values, 3136 bytes an image, or one image file (JPEG, "
           "PNG, WebP, TIFF, GIF, BMP); it has 3 bytes"}});
  expect("/v2/models/small/versions/2/infer", {}, {{"{}", 404, "'small' has one version, 1"}});
}

TEST_F(Refusals, BinaryFiles) {
  const auto ask = [&](const std::string& binary, int count, const std::string& sentence) {
    const std::string head = json{{"inputs",
                                   {{{"name", "input"},
                                     {"datatype", "BYTES"},
                                     {"shape", {count}},
                                     {"parameters", {{"binary_data_size", binary.size()}}}}}}}
                                 .dump();
    expect("/v2/models/small/infer",
           {{"Inference-Header-Content-Length", std::to_string(head.size())}},
           {{head + binary, 400, sentence}});
  };
  const std::string file("\1\0\0\0x", 5);
  ask(file + "ab", 2,
      "the binary data ends in the middle of image 2: each is its size, in 4 bytes, and as many "
      "bytes");
  ask(std::string("\2\0\0\0x", 5), 1,
      "the binary data ends in the middle of image 1: each is its size, in 4 bytes, and as many "
      "bytes");
  ask(file + file, 1, "the input has more images than the 1 that its shape says");
  ask(file, 2, "the input has 1 image where its shape says 2");
}

TEST_F(Refusals, Instances) {
  expect("/v1/models/small:predict", {},
         {{"{}", 400, "the request must have either 'instances' or 'inputs', a list of images"},
          {R"({"instances": 1})", 400, "'instances' or 'inputs' must be a list of images"},
          {R"({"instances": []})", 400, "the request has no image"},
          {R"({"instances": [[1, 2]]})", 400,
           "the lists are nested as [1, 2]; give each image as 28 x 28 x 1 pixels, 0 to 255, as "
           "1 x 28 x 28 normalised values, or as a file in base64"},
          {R"({"inputs": {"images": [1]}})", 400,
           "'inputs' as an object has one member, 'input', a list of images"},
          {R"({"inputs": {"input": 1}})", 400, "'instances' or 'inputs' must be a list of images"},
          {json{{"inputs", {{"images", std::vector<int>(10'000, 1)}}}}.dump(), 400,
           "the request's body has more than 10000 values outside of 'instances' or 'inputs' or "
           "'inputs.input', where its data belongs, such as in 'inputs.images.[]'"},
          {R"({"instances": [1e400]})", 400,
           "the request's body: has a number beyond the largest of 64 bits, 1.8e308"},
          {R"({"instances": [{}]})", 400, "an object in the data is empty"},
          {R"({"instances": [{"b64": "YQ==", "key": 1}]})", 400,
           "an object in the data has several members where one is the image"}});
}

TEST_F(Refusals, Repository) {
  const std::string control =
      "models are loaded and unloaded by clients only where the server was started with "
      "--model-control";
  expect("/v2/repository/models/small/load", {}, {{"", 403, control}});
  expect("/v2/repository/index", {}, {{"[]", 400, "the request's body must be a JSON object"}});
}

// Whoever sends a picture is not to blame for weights that overflow.
TEST_F(Refusals, OutputsThatAreNotFinite) {
  server_ = std::make_unique<Server>(
      std::vector<ModelSource>{{.name = "small", .weights = "memory"}},
      [](const std::string& /*weights*/) {
        Model model = test::small_model();
        for (float& value : model.parameters.at("classifier.0.weight").values()) value *= 1e38F;
        return model;
      },
      test::test_options());
  const std::string sentence =
      "the network's output is not finite: the weights are damaged or far out of range, or the "
      "images are normalised otherwise than the network wants";
  const json input{{"name", "input"}};
  const auto infer = [&](const json& tensor) {
    json all = input;
    all.update(tensor);
    return json{{"inputs", {all}}}.dump();
  };
  const std::string file = to_base64(png_);
  expect("/v1/predict", {}, {{png_, 500, sentence}});
  expect("/v1/predict?explain=true", {}, {{png_, 500, sentence}});
  expect("/v1/models/small:predict", {},
         {{json{{"instances", {{{"b64", file}}}}}.dump(), 500, sentence}});
  expect(
      "/v2/models/small/infer", {},
      {{infer({{"datatype", "BYTES"}, {"shape", {1}}, {"data", {file}}}), 500, sentence},
       {infer(
            {{"datatype", "UINT8"}, {"shape", {1, 28, 28, 1}}, {"data", std::vector<int>(784, 9)}}),
        500, sentence}});
}

// What is not refused, though it is not as the documentation writes it.
TEST_F(Refusals, OtherSpellingsAreUnderstood) {
  for (const char* flag : {"True", "1", "TRUE", "False", "0", "false"}) {
    EXPECT_EQ(client_.post(fmt::format("/v1/predict?explain={}", flag), png_).status, 200) << flag;
  }
  const std::string file = to_base64(png_);
  for (const json& body : {json{{"image", file}, {"explain", "True"}, {"top", "2"}},
                           json{{"image", file}, {"explain", 1}},
                           json{{"image", file},
                                {"explain", nullptr},
                                {"model", nullptr},
                                {"top", nullptr},
                                {"images", nullptr}}}) {
    EXPECT_EQ(client_.post("/v1/predict", body.dump(), as_json()).status, 200) << body.dump();
  }
  const std::string part = "\r\nContent-Disposition: form-data; name=\"file\"; filename=\"";
  const std::string form = "--x" + part + "a.png\"\r\n\r\n" + png_ + "\r\n--x" + part +
                           "b.png\"\r\n\r\n" + png_ + "\r\n--x--\r\n";
  const Answer several =
      client_.post("/v1/predict", form, {{"Content-Type", "multipart/form-data; boundary=x"}});
  EXPECT_EQ(json::parse(several.body)["predictions"].size(), 2U);
}

}  // namespace
}  // namespace alexnet::serve
