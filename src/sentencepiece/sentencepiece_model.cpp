#include "sentencepiece_model.h"

#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>

#include "rpp/error.h"
#include "tokenizer/unicode.h"

namespace rpp {
namespace {

// Fields of ModelProto, SentencePiece, TrainerSpec and NormalizerSpec.
constexpr uint64_t kPieces = 1, kTrainerSpec = 2, kNormalizerSpec = 3, kSelfTest = 4;
constexpr uint64_t kPieceText = 1, kPieceScore = 2, kPieceType = 3;
constexpr uint64_t kModelType = 3, kUnigram = 1, kBpe = 2;
constexpr uint64_t kCharsmap = 2, kAddDummyPrefix = 3, kRemoveExtraBlanks = 4, kEscapeBlanks = 5;

enum class WireType : uint64_t { varint = 0, fixed64 = 1, bytes = 2, fixed32 = 5 };

struct Field {
  uint64_t number = 0, value = 0;  // value: of a varint
  std::string_view bytes;          // of the others
};

uint64_t take_varint(std::string_view& message) {
  uint64_t value = 0;
  for (int shift = 0; shift < 64 && !message.empty(); shift += 7) {
    const auto byte = static_cast<unsigned char>(message.front());
    message.remove_prefix(1);
    value |= static_cast<uint64_t>(byte & 0x7F) << shift;
    if (byte < 0x80) break;
  }
  return value;
}

// The processor has already parsed the whole message, so an error here is a bug.
Field take_field(std::string_view& message) {
  const uint64_t key = take_varint(message);
  Field field{.number = key >> 3};
  const auto type = static_cast<WireType>(key & 7);
  if (type == WireType::varint) {
    field.value = take_varint(message);
    return field;
  }
  const size_t length = type == WireType::fixed64 ? 8 : type == WireType::fixed32 ? 4 : take_varint(message);
  field.bytes = message.substr(0, length);
  message.remove_prefix(field.bytes.size());
  return field;
}

void append_varint(std::string& message, uint64_t value) {
  for (; value >= 0x80; value >>= 7) message += static_cast<char>(value | 0x80);
  message += static_cast<char>(value);
}

void append_tag(std::string& message, uint64_t number, WireType type) {
  append_varint(message, number << 3 | static_cast<uint64_t>(type));
}

void append_number(std::string& message, uint64_t number, uint64_t value) {
  append_tag(message, number, WireType::varint);
  append_varint(message, value);
}

void append_bytes(std::string& message, uint64_t number, std::string_view bytes) {
  append_tag(message, number, WireType::bytes);
  append_varint(message, bytes.size());
  message += bytes;
}

ModelPiece parse_piece(std::string_view message) {
  ModelPiece piece;
  while (!message.empty()) {
    const Field field = take_field(message);
    if (field.number == kPieceText) piece.text = field.bytes;
    if (field.number == kPieceScore && field.bytes.size() == sizeof(float)) {
      std::memcpy(&piece.score, field.bytes.data(), sizeof(float));
    }
    if (field.number == kPieceType) piece.type = static_cast<PieceType>(field.value);
  }
  return piece;
}

std::string serialize_piece(const ModelPiece& piece) {
  static_assert(std::endian::native == std::endian::little);
  std::string message;
  append_bytes(message, kPieceText, piece.text);
  append_tag(message, kPieceScore, WireType::fixed32);
  message.append(reinterpret_cast<const char*>(&piece.score), sizeof(float));
  append_number(message, kPieceType, static_cast<uint64_t>(piece.type));
  return message;
}

// The double-array trie of the normaliser's rules in darts-clone's layout: a unit's low byte is its label,
// bit 8 marks the end of a rule, bits 9 to 31 are the offset to its children. A unit with bit 31 is a rule's
// value, the offset of its text.
bool stays_inside(const std::vector<uint32_t>& units, size_t text_size) {
  constexpr uint32_t kValue = uint32_t{1} << 31, kEnds = 1u << 8;
  const auto is_place = [&](uint32_t unit) { return (unit & ~kValue) < text_size; };
  for (size_t i = 0; i < units.size(); ++i) {
    const uint32_t unit = units[i];
    if ((unit & kValue) != 0) continue;  // matches no character
    const size_t children = i ^ (size_t{unit >> 10} << ((unit & (1u << 9)) >> 6));
    if ((children | 0xFF) >= units.size()) return false;
    if ((unit & kEnds) != 0 && !is_place(units[children])) return false;
  }
  return true;
}

// Size of the trie in bytes (u32), the trie, the texts, each terminated by a zero.
bool is_sound(std::string_view charsmap) {
  uint32_t trie_bytes = 0;
  if (charsmap.empty()) return true;  // no rules
  if (charsmap.size() <= sizeof(trie_bytes) || charsmap.back() != '\0') return false;
  std::memcpy(&trie_bytes, charsmap.data(), sizeof(trie_bytes));
  charsmap.remove_prefix(sizeof(trie_bytes));
  if (trie_bytes == 0 || trie_bytes % sizeof(uint32_t) != 0 || trie_bytes >= charsmap.size()) return false;
  std::vector<uint32_t> units(trie_bytes / sizeof(uint32_t));
  std::memcpy(units.data(), charsmap.data(), trie_bytes);
  return stays_inside(units, charsmap.size() - trie_bytes);
}

}  // namespace

SentencePieceModel parse_sentencepiece_model(std::string_view model) {
  SentencePieceModel parsed;
  while (!model.empty()) {
    const char* begin = model.data();
    const Field outer = take_field(model);
    if (outer.number == kPieces) {
      parsed.pieces.push_back(parse_piece(outer.bytes));
      continue;
    }
    parsed.settings.emplace_back(begin, model.data() - begin);
    std::string_view spec = outer.bytes;
    while (!spec.empty() && (outer.number == kTrainerSpec || outer.number == kNormalizerSpec)) {
      const Field field = take_field(spec);
      if (outer.number == kTrainerSpec && field.number == kModelType) parsed.is_bpe = field.value == kBpe;
      if (outer.number == kNormalizerSpec && field.number == kCharsmap) parsed.charsmap = field.bytes;
      if (outer.number == kNormalizerSpec && field.number == kAddDummyPrefix) {
        parsed.add_dummy_prefix = field.value != 0;
      }
    }
  }
  return parsed;
}

std::string serialize_sentencepiece_model(std::span<const ModelPiece> pieces,
                                          std::span<const std::string_view> settings) {
  std::string model;
  for (const ModelPiece& piece : pieces) append_bytes(model, kPieces, serialize_piece(piece));
  for (const std::string_view field : settings) model += field;
  return model;
}

bool is_self_test(std::string_view setting) {
  return take_field(setting).number == kSelfTest;
}

std::string unigram_settings(std::string_view charsmap) {
  std::string trainer, normalizer, settings;
  append_number(trainer, kModelType, kUnigram);
  if (!charsmap.empty()) append_bytes(normalizer, kCharsmap, charsmap);
  for (const uint64_t option : {kAddDummyPrefix, kRemoveExtraBlanks, kEscapeBlanks}) {
    append_number(normalizer, option, 1);
  }
  append_bytes(settings, kTrainerSpec, trainer);
  append_bytes(settings, kNormalizerSpec, normalizer);
  return settings;
}

void check_sentencepiece_model(const std::filesystem::path& file, const SentencePieceModel& model) {
  for (size_t id = 0; id < model.pieces.size(); ++id) {
    const ModelPiece& piece = model.pieces[id];
    RPP_CHECK(find_invalid_utf8(piece.text) == piece.text.size(),
              "{} is damaged: piece {} is not UTF-8; copy it again", file, id);
    RPP_CHECK(std::isfinite(piece.score), "{} is damaged: the score of piece {} is {}; copy it again", file,
              id, piece.score);
  }
  RPP_CHECK(is_sound(model.charsmap),
            "{} is damaged: the rules of its normaliser point outside of it; copy it again", file);
}

}  // namespace rpp
