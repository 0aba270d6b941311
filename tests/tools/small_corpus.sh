# Sourced: small_corpus RPP_DATA writes vocab.txt, corpus.txt, model.yaml, and the shards `shards` and `valid` of the corpus.
small_corpus() {
  { printf '%s\n' '[PAD]' '[UNK]' '[CLS]' '[SEP]' '[MASK]'; seq -f 'w%g' 0 99; } > vocab.txt
  for document in 0 1 2 3 4 5; do
    for sentence in 1 2 3 4 5 6 7 8; do echo "w$((document * 9 + sentence)) w$sentence w$((document + sentence * 3)) w99"; done
    echo
  done > corpus.txt
  for part in shards valid; do expect 0 '6 documents' "$1" build --input corpus.txt --output $part --tokenizer vocab.txt; done
  cat > model.yaml << 'YAML'
hidden_size: 32
num_hidden_layers: 2
num_attention_heads: 2
intermediate_size: 64
max_position_embeddings: 64
YAML
}
