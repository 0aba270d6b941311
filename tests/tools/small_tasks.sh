# Sourced: small_tasks writes the data of a small task of each kind, over the words of small_corpus.sh:
# sst2/, tags/, squad/, and embed/; and sets the arrays sst2, tags, squad and embed to the options of rpp-finetune.
small_tasks() {
  python3 - << 'PYTHON'
import json
import pathlib

for name in ("sst2", "tags", "squad", "embed"):
    pathlib.Path(name).mkdir()


def words(i, label):
    return [f"w{50 * label + (i * step) % 40}" for step in range(1, 4 + i % 3)]


def questions(first, count):
    paragraphs = []
    for i in range(first, first + count):
        before, answer = f"w{i % 17} w{i % 29} ", f"w{50 + i % 50}"
        question = {"id": f"q{i}", "question": "w1 w2", "answers": [{"text": answer, "answer_start": len(before)}]}
        paragraphs.append({"context": f"{before}{answer} w{i % 31}", "qas": [question]})
    return json.dumps({"data": [{"title": "T", "paragraphs": paragraphs}]})


# The last batch of 8 has two samples.
for part, first, count in (("train", 0, 42), ("dev", 500, 150), ("test", 900, 9)):
    rows = [(" ".join(words(i, i % 2)), i % 2) for i in range(first, first + count)]
    test = part == "test"
    lines = ["index\tsentence"] + [f"{i}\t{text}" for i, (text, _) in enumerate(rows)] if test else \
        ["sentence\tlabel"] + [f"{text}\t{label}" for text, label in rows]
    pathlib.Path(f"sst2/{part}.tsv").write_text("\n".join(lines) + "\n")
    sentences = [[word if test else f"{word} {'B-X' if int(word[1:]) > 49 else 'O'}" for word in words(i, i % 2)] for i in
                 range(first, first + count)]
    pathlib.Path(f"tags/{part}.conll").write_text("\n\n".join("\n".join(lines) for lines in sentences) + "\n")
    pathlib.Path(f"squad/{part}-v1.1.json").write_text(questions(first, count))
pathlib.Path("embed/texts.txt").write_text("".join(" ".join(words(i, i % 2)) + "\n" for i in range(42)))
pairs = [f"w{i % 60} w{i % 7}\tw{i % 60 + i % 3} w{i % 11}\t{i % 5}" for i in range(80)]
pathlib.Path("embed/pairs.tsv").write_text("\n".join(["sentence1\tsentence2\tscore", *pairs]) + "\n")
pathlib.Path("embed/queries.tsv").write_text("".join(f"w{3 * i}\tw{3 * i} w{3 * i + 40}\n" for i in range(9)))
PYTHON
  sst2=(--task sst2 --data-dir sst2)
  tags=(--task custom --data-dir tags --set custom.token_classification=true)
  squad=(--task squad1 --data-dir squad --set squad.doc_stride=2 --set squad.max_query_length=4)
  embed=(--task embed --set 'train_files=[embed/texts.txt]' --set 'dev_files=[embed/pairs.tsv]'
    --set embed.retrieval=embed/queries.tsv --set distill.weight=1 --set distill.hidden_weight=1)
}
