#include "core/pickle.h"

#include <alexnet/error.h>
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <array>
#include <string>
#include <string_view>

#include "support/case_name.h"
#include "support/pickle_text.h"

namespace alexnet {
namespace {

using test::bytes_of;
using test::global;
using test::integer;
using test::joined;
using test::pickle;
using test::text;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using ::testing::StartsWith;
using ::testing::ThrowsMessage;
using namespace std::string_literals;

constexpr std::array<std::string_view, 2> kGlobals{"collections.OrderedDict", "a.b.Known"};

Pickle parse(std::string_view bytes) {
  return parse_pickle(std::as_bytes(std::span(bytes)),
                      {.names = kGlobals, .advice = "write numbers"}, "file");
}

TEST(Pickle, ReadsNumbers) {
  const std::string bytes =
      pickle("(K\x07M\x01\x02J\xff\xff\xff\xff"s + integer(-(1LL << 62)) +
             "\x8a\x00\x8a\x01\xff\x8a\x02\xff\x00\x88\x89NG"s + std::string(8, '\0') + "t");
  const Pickle read = parse(bytes);
  const PickleValue& tuple = read[read.root];
  ASSERT_THAT(tuple.items, SizeIs(11));
  const std::array<std::int64_t, 9> expected{7, 513, -1, -(1LL << 62), 0, -1, 255, 1, 0};
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_EQ(read[tuple.items[i]].integer, expected.at(i)) << i;
    EXPECT_EQ(read[tuple.items[i]].kind, i < 7 ? PickleKind::integer : PickleKind::boolean) << i;
  }
  EXPECT_EQ(read[tuple.items[9]].kind, PickleKind::none);
  EXPECT_EQ(read[tuple.items[10]].kind, PickleKind::real);
  EXPECT_EQ(read.size, bytes.size());
}

TEST(Pickle, KeepsAWideNumberAsBytes) {
  const std::string bytes = pickle("\x8a\x0a" + std::string("0123456789"));
  const Pickle read = parse(bytes);
  EXPECT_EQ(read[read.root].kind, PickleKind::wide_integer);
  EXPECT_EQ(read[read.root].text, "0123456789");
}

TEST(Pickle, ReadsTextOfPython2And3) {
  const std::string bytes = pickle(text("unicode") + "U\x05short" + "T\x04\0\0\0long"s + "\x87");
  const Pickle read = parse(bytes);
  const PickleValue& tuple = read[read.root];
  ASSERT_THAT(tuple.items, SizeIs(3));
  EXPECT_EQ(read[tuple.items[0]].text, "unicode");
  EXPECT_EQ(read[tuple.items[1]].text, "short");
  EXPECT_EQ(read[tuple.items[2]].text, "long");
}

TEST(Pickle, FillsContainers) {
  const std::string bytes = pickle(
      "]K\x01"
      "a(K\x02K\x03"
      "e}K\x04K\x05s(K\x06K\x07u\x86");
  const Pickle read = parse(bytes);
  const PickleValue& both = read[read.root];
  EXPECT_THAT(read[both.items[0]].items, SizeIs(3));
  EXPECT_THAT(read[both.items[1]].items, SizeIs(4));
  EXPECT_EQ(read[read[both.items[1]].items[3]].integer, 7);
}

TEST(Pickle, RemembersAndRecalls) {
  const std::string bytes = pickle(
      "K\x09q\x01"
      "0h\x01r\x00\x10\x00\x00"
      "0j\x00\x10\x00\x00"s);
  const Pickle read = parse(bytes);
  EXPECT_EQ(read[read.root].integer, 9);
}

TEST(Pickle, KeepsCallsAsTheyAreWritten) {
  const std::string bytes = pickle(global("a.b Known") + "K\x01\x85R)b");
  const Pickle read = parse(bytes);
  const PickleValue& call = read[read.root];
  EXPECT_EQ(call.kind, PickleKind::call);
  EXPECT_EQ(call.text, "a.b.Known");
  ASSERT_THAT(call.items, SizeIs(2));
  EXPECT_EQ(read[read[call.items[0]].items[0]].integer, 1);
}

TEST(Pickle, ReadsProtocols4And5) {
  const auto long_bytes = [](std::string_view opcode, std::string_view bytes) {
    return joined({opcode, bytes_of(std::uint64_t{bytes.size()}), bytes});
  };
  const std::string bytes =
      joined({"\x80\x05\x95", bytes_of(std::uint64_t{99}), "(\x8c\x03", "abc\x94",
              long_bytes("\x8d", "de"), "C\x02xy", "B\x01\0\0\0z"s, long_bytes("\x8e", "q"),
              long_bytes("\x96", "r"), "\x8b\x01\0\0\0\x05"s, "\x8f(K\x01K\x02\x90", "(K\x03\x91",
              "(K\x04l", "(K\x05K\x06", "d", "h\x00"s, "N2", "(N1", "t."});
  const Pickle read = parse(bytes);
  const PickleValue& tuple = read[read.root];
  ASSERT_THAT(tuple.items, SizeIs(14));
  const auto item = [&](std::size_t i) -> const PickleValue& { return read[tuple.items[i]]; };
  EXPECT_EQ(item(0).text, "abc");
  EXPECT_EQ(item(1).text, "de");
  for (const std::size_t i : {2U, 3U, 4U, 5U}) EXPECT_EQ(item(i).kind, PickleKind::bytes) << i;
  EXPECT_EQ(item(6).integer, 5);
  EXPECT_EQ(item(7).kind, PickleKind::set);
  EXPECT_THAT(item(7).items, SizeIs(2));
  EXPECT_EQ(item(8).kind, PickleKind::set);
  EXPECT_EQ(item(9).kind, PickleKind::list);
  EXPECT_EQ(item(10).kind, PickleKind::dict);
  EXPECT_EQ(item(11).text, "abc");
  EXPECT_EQ(tuple.items[12], tuple.items[13]);  // DUP
}

Pickle parse_all(std::string_view bytes) {
  return parse_pickle(std::as_bytes(std::span(bytes)), {.names = kGlobals, .advice = ""}, "file");
}

TEST(Pickle, KeepsWhatItDoesNotKnowAsItIsWritten) {
  const std::string made = pickle(global("argparse Namespace") + ")\x81}" + text("lr") + "K\x01sb");
  const Pickle object = parse_all(made);
  const PickleValue& value = object[object.root];
  EXPECT_EQ(value.kind, PickleKind::object);
  EXPECT_EQ(pickle_name(object, value), "argparse.Namespace");
  ASSERT_THAT(value.items, SizeIs(3));
  EXPECT_EQ(object[value.items[2]].kind, PickleKind::dict);
  const std::string global_bytes =
      "\x80\x04\x8c\x05torch\x8c\x07"
      "float32\x93.";
  const Pickle type = parse_all(global_bytes);
  EXPECT_EQ(type[type.root].kind, PickleKind::unknown);
  EXPECT_EQ(pickle_name(type, type[type.root]), "torch.float32");
}

TEST(Pickle, UnknownClassesWithItemsAreDictsAndLists) {
  const std::string dict_bytes =
      pickle(global("easydict EasyDict") + ")R" + text("a") + "K\x01s}b");
  const Pickle dict = parse_all(dict_bytes);
  EXPECT_EQ(dict[dict.root].kind, PickleKind::dict);
  EXPECT_THAT(dict[dict.root].items, SizeIs(2));
  const std::string list_bytes = pickle(global("collections deque") +
                                        ")R(K\x01K\x02"
                                        "e");
  const Pickle list = parse_all(list_bytes);
  EXPECT_EQ(list[list.root].kind, PickleKind::list);
  const std::string called = pickle(global("functools partial") + ")R)R" + ")}\x92");
  EXPECT_EQ(parse_all(called).values.back().kind, PickleKind::object);
}

TEST(Pickle, MakesAnOrderedDictADict) {
  const std::string ordered = global("collections OrderedDict");
  const std::string python3 = pickle(ordered + ")R(K\x01K\x02u}b");
  const std::string python2 = pickle(ordered +
                                     "](](K\x01K\x02"
                                     "eK\x03K\x04\x86"
                                     "e\x85R");
  const Pickle three = parse(python3);
  EXPECT_EQ(three[three.root].kind, PickleKind::dict);
  EXPECT_THAT(three[three.root].items, SizeIs(2));
  const Pickle two = parse(python2);
  EXPECT_EQ(two[two.root].kind, PickleKind::dict);
  EXPECT_THAT(two[two.root].items, SizeIs(4));
}

TEST(Pickle, SurvivesAListThatHoldsItself) {
  const std::string bytes = pickle(
      "]q\x01h\x01"
      "a"s);
  const Pickle read = parse(bytes);
  EXPECT_THAT(read[read.root].items, testing::ElementsAre(read.root));
}

TEST(Pickle, SurvivesDeepNesting) {
  const std::string tuples = pickle(")" + std::string(900'000, '\x85'));
  const Pickle nested = parse(tuples);
  EXPECT_THAT(nested[nested.root].items, SizeIs(1));
  const std::string marks = pickle(std::string(900'000, '(') + std::string(900'000, 't'));
  const Pickle marked = parse(marks);
  EXPECT_THAT(marked[marked.root].items, SizeIs(1));
}

struct Refusal {
  const char* name;
  std::string body;
  const char* message;
};

void PrintTo(const Refusal& refusal, std::ostream* out) {
  *out << refusal.name;
}

void expect_refused(const std::string& body, const char* message) {
  const std::string bytes = pickle(body);
  EXPECT_THAT([&] { parse(bytes); }, ThrowsMessage<Error>(fmt::format("file: {}", message)));
}

class RefusedPickle : public ::testing::TestWithParam<Refusal> {};

TEST_P(RefusedPickle, SaysWhy) {
  expect_refused(GetParam().body, GetParam().message);
}

INSTANTIATE_TEST_SUITE_P(
    Code, RefusedPickle,
    ::testing::Values(
        Refusal{"System", global("os system") + text("echo") + "\x85R",
                "its pickle asks Python for 'os.system'; write numbers"},
        Refusal{"Eval", global("builtins eval") + text("1") + "\x85R",
                "its pickle asks Python for 'builtins.eval'; write numbers"},
        Refusal{"BeyondAKnownName", global("a.b Known.__class__"),
                "its pickle asks Python for 'a.b.Known.__class__'; write numbers"},
        Refusal{"PartOfAKnownName", global("a.b Know"),
                "its pickle asks Python for 'a.b.Know'; write numbers"},
        Refusal{"EndOfAKnownName", global("a.b nown"),
                "its pickle asks Python for 'a.b.nown'; write numbers"},
        Refusal{"ControlCharacters", global("a\x1b[2J b"),
                "its pickle asks Python for 'a?[2J.b'; write numbers"},
        Refusal{"LongName", global(std::string(5000, 'm') + " n"),
                "its pickle asks Python for "
                "'mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm…"
                ".n'; write numbers"},
        Refusal{"NameDoesNotEnd", "cos", "damaged: its pickle, before byte 3: a name does not end"},
        Refusal{"CallsANumber", "K\x01)R",
                "damaged: its pickle, before byte 6: it calls what is no function"},
        Refusal{"CallWithoutATuple", global("a.b Known") + "]R",
                "damaged: its pickle, before byte 15: it calls what is no function"},
        Refusal{"NewWithoutATuple", global("a.b Known") + "K\x01\x81",
                "damaged: its pickle, before byte 16: it calls what is no function"},
        Refusal{"StateOfANumber", "K\x01)b",
                "damaged: its pickle, before byte 6: a state is given to what has none"},
        Refusal{"TwoStates", global("a.b Known") + ")R)b)b",
                "damaged: its pickle, before byte 19: a state is given to what has none"},
        Refusal{"OrderedDictOfANumber", global("collections OrderedDict") + "K\x01\x85R",
                "damaged: its pickle, before byte 31: an OrderedDict is made of what is no list of "
                "pairs"},
        Refusal{"OrderedDictOfNoPairs",
                global("collections OrderedDict") + "](K\x01"
                                                    "e\x85R",
                "damaged: its pickle, before byte 34: an OrderedDict has an item that is no pair"}),
    kCaseName);

INSTANTIATE_TEST_SUITE_P(
    Opcodes, RefusedPickle,
    ::testing::Values(
        Refusal{"Instance", "(ios\nsystem\n",
                "its pickle has the opcode INST, which Python's protocols 2 to 5 do not need: save "
                "it again with one of these"},
        Refusal{"StackGlobal", "\x93", "damaged: its pickle, before byte 3: a value is missing"},
        Refusal{"Extension", "\x82\x01",
                "its pickle has the opcode EXT1, which Python's protocols 2 to 5 do not need: save "
                "it again with one of these"},
        Refusal{"Long4", "\x8b\xff\xff\xff\x7f",
                "damaged: its pickle, before byte 7: 2147483647 bytes are wanted of 1"},
        Refusal{"Frame", "\x95", "damaged: its pickle, before byte 3: 8 bytes are wanted of 1"},
        Refusal{"Persid", "Pabc\n",
                "its pickle has the opcode PERSID, which Python's protocols 2 to 5 do not need: "
                "save it again with one of these"},
        Refusal{"Unknown", "\xff", "damaged: its pickle, before byte 3: byte 0xff is no opcode"},
        Refusal{"Protocol6", "\x80\x06", "its pickle is of protocol 6; protocols 2 to 5 are read"},
        Refusal{"Protocol1", "\x80\x01", "its pickle is of protocol 1; protocols 2 to 5 are read"},
        Refusal{"NameIsANumber", "K\x01K\x02\x93",
                "damaged: its pickle, before byte 7: a name is no text"}),
    kCaseName);

INSTANTIATE_TEST_SUITE_P(
    Stack, RefusedPickle,
    ::testing::Values(
        Refusal{"Empty", "", "damaged: its pickle, before byte 3: a value is missing"},
        Refusal{"OnlyAMark", "(", "damaged: its pickle, before byte 4: a value is missing"},
        Refusal{"PopsNothing", "0", "damaged: its pickle, before byte 3: a value is missing"},
        Refusal{"NoMark", "t", "damaged: its pickle, before byte 3: a mark is missing"},
        Refusal{"TupleOfTooFew", "N\x86", "damaged: its pickle, before byte 4: a value is missing"},
        Refusal{"TupleAcrossAMark", "N(N\x86",
                "damaged: its pickle, before byte 6: a value is missing"},
        Refusal{"AppendsToATuple", ")Na",
                "damaged: its pickle, before byte 5: items are appended to what is not a list"},
        Refusal{"AppendsToNothing", "(Ne",
                "damaged: its pickle, before byte 5: a value is missing"},
        Refusal{"AppendsAcrossAMark", "](Na",
                "damaged: its pickle, before byte 6: a value is missing"},
        Refusal{"SetsInAList", "]NNs",
                "damaged: its pickle, before byte 6: items are set in what is not a dict"},
        Refusal{"SetsAcrossAMark", "}N(Ns",
                "damaged: its pickle, before byte 7: a value is missing"},
        Refusal{"SetsInNothing", "(NNu", "damaged: its pickle, before byte 6: a value is missing"},
        Refusal{"SetsManyInAList", "](NNu",
                "damaged: its pickle, before byte 7: items are set in what is not a dict"},
        Refusal{"KeyWithoutAValue", "}(Nu",
                "damaged: its pickle, before byte 6: a key has no value"},
        Refusal{"RemembersNothing", "q\x01",
                "damaged: its pickle, before byte 4: a value is missing"},
        Refusal{"NeverRemembered", "h\x01",
                "damaged: its pickle, before byte 4: nothing was remembered as number 1"},
        Refusal{"NoPersistentId", "Q", "damaged: its pickle, before byte 3: a value is missing"}),
    kCaseName);

// Each of these would be large if it were believed.
INSTANTIATE_TEST_SUITE_P(
    Sizes, RefusedPickle,
    ::testing::Values(
        Refusal{"Text", "X\xff\xff\xff\xffshort",
                "damaged: its pickle, before byte 7: 4294967295 bytes are wanted of 6"},
        Refusal{"Bytes", "T\xff\xff\xff\x7fshort",
                "damaged: its pickle, before byte 7: 2147483647 bytes are wanted of 6"},
        Refusal{"Long1", "\x8a\xff",
                "damaged: its pickle, before byte 4: 255 bytes are wanted of 1"}),
    kCaseName);

// Values of a table are made at the start of every run of these tests, so what is large has its
// own.
std::string many(int count, std::string_view piece) {
  std::string all;
  for (int i = 0; i < count; ++i) all += piece;
  return all;
}

std::string many_places(std::uint32_t count) {
  std::string all = "N";
  for (std::uint32_t i = 0; i < count; ++i) {
    all += 'r';
    all += bytes_of(i);
  }
  return all;
}

// A list of 1,000 pairs made into a dict again and again.
std::string many_dicts(int count) {
  std::string all = "](";
  all += many(1000, "NN\x86");
  all += "e\x85q\x01";
  all += many(count, global("collections OrderedDict") + "h\x01R");
  return all;
}

constexpr const char* kManyReferences =
    "its pickle has more than 4000000 references, and no more are read; save its tensors or arrays "
    "without other objects";

TEST(LargePickle, Values) {
  expect_refused(
      std::string(1'000'001, 'N'),
      "its pickle has more than 1000000 values, and no more are read; save its tensors or arrays "
      "without other objects");
}

TEST(LargePickle, Marks) {
  expect_refused(std::string(4'000'001, '('), kManyReferences);
}

TEST(LargePickle, Recalls) {
  expect_refused("Nq\x01" + many(4'000'000, "h\x01"), kManyReferences);
}

TEST(LargePickle, Memo) {
  expect_refused(many_places(1'000'001),
                 "its pickle has more than 1000000 places in its memo, and no more are read; save "
                 "its tensors or arrays without other objects");
}

TEST(LargePickle, Dicts) {
  expect_refused(many_dicts(3000), kManyReferences);
}

TEST(Pickle, EveryTruncationIsRefused) {
  const std::string whole =
      pickle(global("collections OrderedDict") + ")R(" + text("key") + integer(5) + "u");
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_THROW(parse(whole.substr(0, size)), Error) << size;
  }
  EXPECT_NO_THROW(parse(whole));
}

TEST(Pickle, StopsAtTheStop) {
  const std::string two = pickle("K\x01") + pickle("K\x02");
  const Pickle first = parse(two);
  EXPECT_EQ(first[first.root].integer, 1);
  EXPECT_EQ(first.size, two.size() / 2);
}

}  // namespace
}  // namespace alexnet
