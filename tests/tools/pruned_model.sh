# For tests of a program on a model with zeros: `make_pruned GOLDEN DIR BYTES` copies the golden model and zeroes the first
# BYTES bytes of the matrix `$query`, directly in the file.
query=bert.encoder.layer.0.attention.self.query.weight

make_pruned() {
  local header_bytes offset
  cp -r "$1" "$2"
  header_bytes=$(od -An -tu8 -N8 "$2/model.safetensors" | tr -d ' ')
  offset=$(head -c $((8 + header_bytes)) "$2/model.safetensors" | tail -c "$header_bytes" |
    sed "s/.*\"$query\":{[^}]*\"data_offsets\":\[\([0-9]*\),.*/\1/")
  dd if=/dev/zero of="$2/model.safetensors" bs=1 seek=$((8 + header_bytes + offset)) count="$3" conv=notrunc status=none
}
