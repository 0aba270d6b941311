#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "analysis/patterns.h"
#include "core/progress.h"

namespace rpp {
namespace {

using nlohmann::ordered_json;

constexpr const char* kLegend =
    "Matrices are [out, in] as Hugging Face stores them: a row is an output, a column an input.\n"
    "sd: standard deviation of the zero fractions of the rows (columns); effect: that over what as many "
    "zeros\n"
    "at random give, so 1 is chance; p: of such a spread by chance. heads: the effect between whole heads "
    "(rows\n"
    "of query, key and value, columns of attention output); within: what is left of it inside the heads.\n"
    "dead: rows and columns of zeros only.\n\n";

std::string format_p(double p) {
  return p < 1e-300 ? "<1e-300" : fmt::format("{:.2g}", p);
}

std::string matrix_table(const std::vector<MatrixPattern>& matrices) {
  size_t width = 6;
  for (const auto& matrix : matrices) width = std::max(width, matrix.name.size());
  std::string text =
      fmt::format("{:<{}}  {:>6}  {:>7} {:>6} {:>8}  {:>7} {:>6} {:>8}  {:>9} {:>9}\n", "matrix", width,
                  "ratio", "row sd", "effect", "p", "col sd", "effect", "p", "dead rows", "dead cols");
  for (const auto& matrix : matrices) {
    text += fmt::format(
        "{:<{}}  {:>4.1f} %  {:>5.1f} % {:>6.2f} {:>8}  {:>5.1f} % {:>6.2f} {:>8}  {:>9} {:>9}\n",
        matrix.name, width, 100 * matrix.ratio, 100 * matrix.rows.deviation, matrix.rows.effect,
        format_p(matrix.rows.p_value), 100 * matrix.cols.deviation, matrix.cols.effect,
        format_p(matrix.cols.p_value), format_count(matrix.dead_rows), format_count(matrix.dead_cols));
  }
  return text;
}

std::string format_effect(double effect) {
  return effect == 0.0 ? "-" : fmt::format("{:.2f}", effect);
}

std::string kind_table(const std::vector<KindPattern>& kinds) {
  std::string text = fmt::format("\n{:<16}  {:>6}  {:>7} {:>6}  {:>7} {:>6}  {:>6} {:>6}  {:>9} {:>9}\n",
                                 "mean of layers", "ratio", "row sd", "effect", "col sd", "effect", "heads",
                                 "within", "dead rows", "dead cols");
  for (const auto& kind : kinds) {
    text += fmt::format(
        "{:<16}  {:>4.1f} %  {:>5.1f} % {:>6.2f}  {:>5.1f} % {:>6.2f}  {:>6} {:>6}  {:>9} {:>9}\n", kind.kind,
        100 * kind.ratio, 100 * kind.row_deviation, kind.row_effect, 100 * kind.col_deviation,
        kind.col_effect, format_effect(kind.head_effect), format_effect(kind.within_head_effect),
        format_count(kind.dead_rows), format_count(kind.dead_cols));
  }
  return text;
}

bool has_dead(const HeadPattern& head) {
  return head.dead_query + head.dead_key + head.dead_value + head.dead_output > 0;
}

std::string head_table(const ModelPatterns& patterns) {
  const auto& heads = patterns.heads;
  const auto dead = std::count_if(heads.begin(), heads.end(), [](const auto& head) { return head.dead; });
  const auto touched = std::count_if(heads.begin(), heads.end(), has_dead);
  std::string text = fmt::format("\n{} of {} heads are dead; {} have dead dimensions (of {})\n", dead,
                                 heads.size(), touched, patterns.head_dim);
  if (touched == 0) return text;
  text += fmt::format("{:>5} {:>5}  {:>6} {:>6} {:>6}  {:>6} {:>6}\n", "layer", "head", "query", "key",
                      "both", "value", "output");
  for (const auto& head : heads) {
    if (!has_dead(head)) continue;
    text += fmt::format("{:>5} {:>5}  {:>6} {:>6} {:>6}  {:>6} {:>6}{}\n", head.layer, head.head,
                        head.dead_query, head.dead_key, head.dead_query_and_key, head.dead_value,
                        head.dead_output, head.dead ? "  dead" : "");
  }
  return text;
}

std::string pairing_table(const std::vector<Pairing>& pairings) {
  std::string text = fmt::format("\n{:<36}{:>8} {:>8} {:>7} {:>8} {:>8}  {:>11} {:>8}\n", "pruned together?",
                                 "dead A", "dead B", "both", "chance", "p", "correlation", "p");
  for (const auto& pair : pairings) {
    text += fmt::format("{:<36}{:>8} {:>8} {:>7} {:>8.1f} {:>8}  {:>11.3f} {:>8}\n", pair.name,
                        format_count(pair.dead_a), format_count(pair.dead_b), format_count(pair.dead_both),
                        pair.expected_both, format_p(pair.dead_p_value), pair.correlation,
                        format_p(pair.correlation_p));
  }
  return text +
         "correlation: of the zero fractions of the two lines, within heads (within layers for the last)\n";
}

ordered_json spread_json(const LineSpread& spread) {
  return {{"deviation", spread.deviation},
          {"effect", spread.effect},
          {"chi_squared", spread.chi_squared},
          {"degrees_of_freedom", spread.degrees_of_freedom},
          {"p_value", spread.p_value}};
}

ordered_json matrix_json(const MatrixPattern& matrix) {
  ordered_json json = {{"name", matrix.name},
                       {"ratio", matrix.ratio},
                       {"rows", spread_json(matrix.rows)},
                       {"cols", spread_json(matrix.cols)}};
  if (matrix.heads) {
    json["heads"] = spread_json(matrix.heads->between);
    json["within_heads"] = spread_json(matrix.heads->within);
  }
  json["dead_rows"] = matrix.dead_rows;
  json["dead_cols"] = matrix.dead_cols;
  return json;
}

ordered_json kind_json(const KindPattern& kind) {
  return {{"kind", kind.kind},
          {"ratio", kind.ratio},
          {"row_deviation", kind.row_deviation},
          {"row_effect", kind.row_effect},
          {"col_deviation", kind.col_deviation},
          {"col_effect", kind.col_effect},
          {"head_effect", kind.head_effect},
          {"within_head_effect", kind.within_head_effect},
          {"dead_rows", kind.dead_rows},
          {"dead_cols", kind.dead_cols}};
}

ordered_json head_json(const HeadPattern& head) {
  return {{"layer", head.layer},
          {"head", head.head},
          {"dead_query", head.dead_query},
          {"dead_key", head.dead_key},
          {"dead_query_and_key", head.dead_query_and_key},
          {"dead_value", head.dead_value},
          {"dead_output", head.dead_output},
          {"dead", head.dead}};
}

ordered_json pairing_json(const Pairing& pair) {
  return {{"name", pair.name},
          {"dimensions", pair.dimensions},
          {"dead_a", pair.dead_a},
          {"dead_b", pair.dead_b},
          {"dead_both", pair.dead_both},
          {"expected_both", pair.expected_both},
          {"dead_p_value", pair.dead_p_value},
          {"correlation", pair.correlation},
          {"correlation_p", pair.correlation_p}};
}

template <typename T>
ordered_json list_json(const std::vector<T>& items, ordered_json (*item_json)(const T&)) {
  auto list = ordered_json::array();
  for (const auto& item : items) list.push_back(item_json(item));
  return list;
}

}  // namespace

std::string format_patterns(const ModelPatterns& patterns) {
  return kLegend + matrix_table(patterns.matrices) + kind_table(patterns.kinds) + head_table(patterns) +
         pairing_table(patterns.pairings);
}

std::string to_json(const ModelPatterns& patterns) {
  const ordered_json json = {{"layout", "[out, in]"},
                             {"head_dim", patterns.head_dim},
                             {"matrices", list_json(patterns.matrices, matrix_json)},
                             {"kinds", list_json(patterns.kinds, kind_json)},
                             {"heads", list_json(patterns.heads, head_json)},
                             {"pairings", list_json(patterns.pairings, pairing_json)}};
  return json.dump(2) + "\n";
}

}  // namespace rpp
