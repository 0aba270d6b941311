#include "entities.h"

#include <algorithm>
#include <string_view>

namespace rpp {
namespace {

constexpr std::string_view kOutside = "O";

using Probabilities = std::span<const float>;  // [labels]

size_t best_label(Probabilities probabilities) {
  return static_cast<size_t>(std::ranges::max_element(probabilities) - probabilities.begin());
}

// With the tag as label.
Entity tagged(TextSpan span, Probabilities probabilities, std::span<const std::string> labels) {
  const size_t best = best_label(probabilities);
  return {.span = span, .label = labels[best], .score = probabilities[best]};
}

std::vector<float> mean_of(std::span<const TaggedToken> tokens) {
  std::vector<float> means(tokens.front().probabilities.size(), 0.0F);
  for (const TaggedToken& token : tokens) {
    for (size_t i = 0; i < means.size(); ++i) means[i] += token.probabilities[i];
  }
  for (float& mean : means) mean /= static_cast<float>(tokens.size());
  return means;
}

Entity tagged_word(std::span<const TaggedToken> tokens, std::span<const std::string> labels,
                   Aggregation aggregation) {
  const TextSpan span = {tokens.front().span.begin, tokens.back().span.end};
  if (aggregation == Aggregation::first) return tagged(span, tokens.front().probabilities, labels);
  if (aggregation == Aggregation::average) return tagged(span, mean_of(tokens), labels);
  const auto largest = [](const TaggedToken& token) { return std::ranges::max(token.probabilities); };
  return tagged(span, std::ranges::max_element(tokens, {}, largest)->probabilities, labels);
}

// Tokens, or words of several tokens.
std::vector<Entity> tag_all(std::span<const TaggedToken> tokens, std::span<const std::string> labels,
                            Aggregation aggregation) {
  const bool by_word = aggregation != Aggregation::none && aggregation != Aggregation::simple;
  std::vector<Entity> all;
  for (size_t first = 0, end = 0; first < tokens.size(); first = end) {
    end = first + 1;
    while (by_word && end < tokens.size() && tokens[end].continues_word) ++end;
    all.push_back(by_word ? tagged_word(tokens.subspan(first, end - first), labels, aggregation)
                          : tagged(tokens[first].span, tokens[first].probabilities, labels));
  }
  return all;
}

std::string_view without_prefix(std::string_view tag) {
  return tag.starts_with("B-") || tag.starts_with("I-") ? tag.substr(2) : tag;
}

// The label of an entity: what follows the first hyphen, whatever stands before it, as in the reference.
std::string_view after_hyphen(std::string_view tag) {
  const size_t hyphen = tag.find('-');
  return hyphen == tag.npos ? tag : tag.substr(hyphen + 1);
}

Entity joined(std::span<const Entity> parts) {
  double sum = 0;
  for (const Entity& part : parts) sum += part.score;
  return {.span = {parts.front().span.begin, parts.back().span.end},
          .label = std::string(after_hyphen(parts.front().label)),
          .score = sum / static_cast<double>(parts.size())};
}

std::vector<Entity> join_neighbours(std::span<const Entity> tags) {
  std::vector<Entity> entities;
  for (size_t first = 0, end = 0; first < tags.size(); first = end) {
    const auto continues = [&](std::string_view tag) {
      return !tag.starts_with("B-") && without_prefix(tag) == without_prefix(tags[first].label);
    };
    end = first + 1;
    while (end < tags.size() && continues(tags[end].label)) ++end;
    entities.push_back(joined(tags.subspan(first, end - first)));
  }
  return entities;
}

}  // namespace

std::vector<Entity> find_entities(std::span<const TaggedToken> tokens, std::span<const std::string> labels,
                                  Aggregation aggregation) {
  std::vector<Entity> entities = tag_all(tokens, labels, aggregation);
  if (aggregation != Aggregation::none) entities = join_neighbours(entities);
  std::erase_if(entities, [](const Entity& entity) { return entity.label == kOutside; });
  return entities;
}

}  // namespace rpp
