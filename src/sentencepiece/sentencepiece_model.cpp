#include "sentencepiece_model.h"

#include <sentencepiece_processor.h>

#include <cmath>
#include <cstdint>
#include <cstring>
#include <vector>

#include "rpp/error.h"
#include "tokenizer/unicode.h"

namespace rpp {
namespace {

// Protocol-buffer wire format. The processor has already parsed the whole message, so an error here is a bug.
struct Field {
  uint64_t number = 0, value = 0;  // value: of a varint
  std::string_view bytes;          // of a string or message
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

Field take_field(std::string_view& message) {
  const uint64_t key = take_varint(message);
  Field field{.number = key >> 3};
  const uint64_t wire_type = key & 7;
  if (wire_type == 0) {
    field.value = take_varint(message);
    return field;
  }
  const size_t length = wire_type == 1 ? 8 : wire_type == 5 ? 4 : take_varint(message);
  field.bytes = message.substr(0, length);
  message.remove_prefix(field.bytes.size());
  return field;
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

SentencePieceOptions read_sentencepiece_options(std::string_view model) {
  constexpr uint64_t kTrainerSpec = 2, kNormalizerSpec = 3;
  constexpr uint64_t kModelType = 3, kBpe = 2;
  constexpr uint64_t kCharsmap = 2, kAddDummyPrefix = 3;
  SentencePieceOptions options;
  while (!model.empty()) {
    const Field outer = take_field(model);
    std::string_view spec = outer.bytes;
    while (!spec.empty() && (outer.number == kTrainerSpec || outer.number == kNormalizerSpec)) {
      const Field field = take_field(spec);
      if (outer.number == kTrainerSpec && field.number == kModelType) options.is_bpe = field.value == kBpe;
      if (outer.number == kNormalizerSpec && field.number == kCharsmap) options.charsmap = field.bytes;
      if (outer.number == kNormalizerSpec && field.number == kAddDummyPrefix) {
        options.add_dummy_prefix = field.value != 0;
      }
    }
  }
  return options;
}

void check_sentencepiece_model(const std::filesystem::path& file, std::string_view model,
                               const sentencepiece::SentencePieceProcessor& processor) {
  for (int id = 0; id < processor.GetPieceSize(); ++id) {
    const std::string& piece = processor.IdToPiece(id);
    RPP_CHECK(find_invalid_utf8(piece) == piece.size(), "{} is damaged: piece {} is not UTF-8; copy it again",
              file, id);
    RPP_CHECK(std::isfinite(processor.GetScore(id)),
              "{} is damaged: the score of piece {} is {}; copy it again", file, id, processor.GetScore(id));
  }
  RPP_CHECK(is_sound(read_sentencepiece_options(model).charsmap),
            "{} is damaged: the rules of its normaliser point outside of it; copy it again", file);
}

}  // namespace rpp
