#!/usr/bin/env bash
# Only src/bert_format/ holds whole names of tensors and keys of config.json; everything else asks it. Modules of LibTorch register
# their own short names ("self", "query"), which are not whole ones.
source "$(dirname "$0")/expect.sh"
root=$(cd "$(dirname "$0")/../.." && pwd)

tensor='"[^"]*(bert\.(embeddings|encoder|pooler)|encoder\.layer|cls\.(predictions|seq_relationship)|attention\.(self|output)\.|(intermediate|output|pooler)\.dense|_embeddings\.weight|LayerNorm\.(weight|bias|gamma|beta)|qa_outputs\.|classifier\.(weight|bias))'
key='"(hidden_size|num_hidden_layers|num_attention_heads|intermediate_size|hidden_act|max_position_embeddings|type_vocab_size|layer_norm_eps|initializer_range|hidden_dropout_prob|attention_probs_dropout_prob|layer_sizes|pruned_heads|architectures|id2label|label2id|problem_type|finetuning_task|position_embedding_type|is_decoder)"'

# names_in FOLDER...: "file:line:code" of each such string outside of comments.
names_in() { grep -rnE --include='*.h' --include='*.cpp' --include='*.cu' "$tensor|$key" "$@" | grep -vE '^[^:]*:[0-9]+: *//'; }

found=$(cd "$root" && names_in src include tools | grep -v '^src/bert_format/')
[ -z "$found" ] || { failures=$((failures + 1)); echo "FAILED: names outside of src/bert_format/:"; echo "$found"; }

# The search finds what is there.
there=$(names_in "$root/src/bert_format")
for name in bert.embeddings.word_embeddings.weight cls.predictions.bias attention.self.query hidden_act id2label; do
  [[ $there == *"$name"* ]] || { failures=$((failures + 1)); echo "FAILED: $name is not found"; }
done
