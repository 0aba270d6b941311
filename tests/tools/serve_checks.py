#!/usr/bin/env python3
"""Checks of rpp-serve as a process, in a directory with the models three, three.rpp (a classifier) and one (a cross-encoder):
serve_checks.py DIRECTORY_OF_PROGRAMS"""
import base64
import http.client
import json
import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from pathlib import Path

PROGRAMS = Path(sys.argv[1])
TEXTS = ["w1 w2", "", "w3 w4 w5 w6 w7 w8", "w90 w80 é"]


class Server:
    """A running rpp-serve; its standard error is kept as `log`."""
    count = 0

    def __init__(self, model, *options):
        Server.count += 1
        self.log = Path(f"server-{Server.count}.log")
        with self.log.open("w", encoding="utf-8") as log:
            self.process = subprocess.Popen([PROGRAMS / "rpp-serve", model, "--port", "0", *options], stderr=log)
        while not (address := re.search(r"http://127\.0\.0\.1:(\d+)", self.log.read_text(encoding="utf-8"))):
            assert self.process.poll() is None, self.log.read_text(encoding="utf-8")
            time.sleep(0.05)
        self.port = int(address[1])

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM if kind is None else signal.SIGKILL)
        status = self.process.wait(timeout=60)
        assert kind is not None or status == 0, f"exit status {status}: {self.log.read_text(encoding='utf-8')}"

    def connect(self):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)

    def ask(self, path, body=None, headers=None, connection=None):
        """(status, answer)"""
        connection = connection or self.connect()
        data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        connection.request("GET" if body is None else "POST", path, data, headers or {})
        response = connection.getresponse()
        text = response.read().decode()
        return response.status, json.loads(text) if response.getheader("Content-Type") == "application/json" else text

    def metric(self, name):
        text = self.ask("/metrics")[1]
        return sum(float(value) for value in re.findall(rf"^{re.escape(name)} (\S+)$", text, re.MULTILINE))


def predicted(model, *options, lines=None):
    """The columns of rpp-predict."""
    result = subprocess.run([PROGRAMS / "rpp-predict", "--model", model, *options], input="\n".join(lines or TEXTS) + "\n",
                            capture_output=True, text=True, check=True)
    return [line.split("\t") for line in result.stdout.splitlines()]


def float32(values):
    return [struct.pack("<f", float(value)) for value in values]


def equal(actual, expected, what):
    assert actual == expected, f"{what}: expected {expected}, got {actual}"


def check_answers(model):
    vectors = [float32(row) for row in predicted(model, "--embed", "--normalize", "yes")]
    with Server(model, "--sessions", "2") as server:
        status, rows = server.ask("/embed", {"inputs": TEXTS})
        equal((status, [float32(row) for row in rows]), (200, vectors), "embeddings")
        for encoding in "float", "base64":
            _, answer = server.ask("/v1/embeddings", {"input": TEXTS, "encoding_format": encoding})
            rows = [item["embedding"] for item in answer["data"]]
            decoded = [base64.b64decode(row) if encoding == "base64" else b"".join(float32(row)) for row in rows]
            equal(decoded, [b"".join(row) for row in vectors], f"OpenAI's embeddings as {encoding}")
        _, rows = server.ask("/predict", {"inputs": [[text] for text in TEXTS]})
        equal([[row[0]["label"], f"{row[0]['score']:.6g}"] for row in rows], [row[:2] for row in predicted(model)], "labels")


def check_concurrent_answers():
    """Vectors do not depend on the requests that share a batch."""
    expected = [float32(row) for row in predicted("three", "--embed", "--normalize", "yes")]
    wrong = []
    with Server("three", "--sessions", "2", "--max-wait-ms", "5") as server:
        def work(offset):
            connection = server.connect()
            for i in range(offset, offset + 50):
                status, rows = server.ask("/embed", {"inputs": TEXTS[i % 4]}, connection=connection)
                if status != 200 or float32(rows[0]) != expected[i % 4]:
                    wrong.append((i, status))

        in_threads(work, range(8))
        equal(wrong, [], "concurrent answers")
        assert server.metric("rpp_serve_batch_texts_count") < 400, "no batch had texts of two requests"


def in_threads(work, arguments):
    threads = [threading.Thread(target=work, args=(argument,)) for argument in arguments]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def check_ranks():
    passages = ["w1 w9", "w7", "w3 w4"]
    expected = predicted("one", "--rank", "--query", "w1 w2", lines=passages)
    with Server("one") as server:
        _, ranks = server.ask("/rerank", {"query": "w1 w2", "texts": passages, "return_text": True})
    equal([[f"{rank['score']:.6g}", rank["text"]] for rank in ranks], expected, "ranks")


def check_limits():
    with Server("three", "--max-texts", "2", "--max-body-bytes", "200", "--max-request-tokens", "12") as server:
        for status, path, body in [
                (413, "/embed", {"inputs": ["w1"] * 3}), (413, "/embed", {"inputs": "w" * 300}),
                (413, "/embed", {"inputs": "w1 " * 30}), (413, "/embed", {"inputs": ["w1 w2 w3 w4 w5 w6"] * 2}),
                (422, "/embed", {"inputs": 1}), (422, "/embed", {"input": "w1"}), (422, "/rerank", {"query": "", "texts": [""]}),
                (400, "/embed", b"{"), (400, "/embed", b'{"inputs": "\xff"}'), (400, "/embed", {"inputs": []}),
                (404, "/absent", {}), (405, "/embed", None), (405, "/info", {}), (200, "/embed", {"inputs": "w1"})]:
            actual, answer = server.ask(path, body)
            equal(actual, status, f"{path} {body}")
            assert status == 200 or len(answer["error"]) > 10, answer
    lines = [json.loads(line) for line in server.log.read_text(encoding="utf-8").splitlines() if line.startswith("{")]
    expected = [200] + [400] * 3 + [404, 405, 405] + [413] * 4 + [422] * 3
    equal(sorted(line["status"] for line in lines), expected, "the access log")


def check_keys():
    Path("keys").write_text("secret\n", encoding="utf-8")
    with Server("three", "--api-key-file", "keys") as server:
        equal(server.ask("/info")[0], 401, "without a key")
        equal(server.ask("/info", headers={"Authorization": "Bearer secret"})[0], 200, "with a key")
        equal(server.ask("/health")[0], 200, "the health needs no key")
        Path("keys").write_text("other\n", encoding="utf-8")
        reload(server)
        equal(server.ask("/info", headers={"Authorization": "Bearer secret"})[0], 401, "the old key after a reload")


def until(condition, what):
    for _ in range(600):
        if condition():
            return
        time.sleep(0.05)
    raise AssertionError(f"not within 30 s: {what}")


def reload(server, outcome="reloaded"):
    before = server.log.read_text(encoding="utf-8").count(outcome)
    server.process.send_signal(signal.SIGHUP)
    until(lambda: server.log.read_text(encoding="utf-8").count(outcome) > before, outcome)


def check_full_queue_and_end():
    """While a text waits for others the queue is full for more; SIGTERM ends its wait, and it is answered."""
    with Server("three", "--sessions", "1", "--max-wait-ms", "10000", "--max-queue-tokens", "8") as server:
        waiting, silent = server.connect(), socket.create_connection(("127.0.0.1", server.port))
        waiting.request("POST", "/embed", json.dumps({"inputs": "w1 w2 w3"}))
        until(lambda: server.metric("rpp_serve_queue_tokens") == 5, "a text in the queue")
        equal(server.ask("/embed", {"inputs": "w1 w2"})[0], 429, "a full queue")
        start = time.monotonic()
        server.process.send_signal(signal.SIGTERM)
        response = waiting.getresponse()
        equal((response.status, len(json.loads(response.read())[0])), (200, 32), "the answer after SIGTERM")
        equal(server.process.wait(timeout=30), 0, "the exit status after SIGTERM")
        assert time.monotonic() - start < 8, "SIGTERM did not end the wait"
        equal(silent.recv(1), b"", "a silent connection after SIGTERM")
        try:
            server.ask("/health")
            raise AssertionError("a connection after the end")
        except ConnectionRefusedError:
            pass


def check_reload():
    """Requests during reloads all get an answer of the old or of the new model; a damaged model changes nothing."""
    shutil.copytree("three", "model")
    answers = [len(predicted(model, "--top", "3")[0]) // 2 for model in ("three", "one")]
    equal(answers, [3, 1], "labels of the models")
    wrong, seen, over = [], set(), threading.Event()
    with Server("model", "--access-log", "off") as server:
        def work(_):
            connection = server.connect()
            while not over.is_set():
                status, labels = server.ask("/predict", {"inputs": "w1"}, connection=connection)
                seen.add(len(labels))
                if status != 200 or len(labels) not in (1, 3):
                    wrong.append((status, labels))

        threads = [threading.Thread(target=work, args=(i,)) for i in range(4)]
        for thread in threads:
            thread.start()
        for source in "one", "three", "one":
            for file in Path(source).iterdir():
                shutil.copy(file, "model/next")
                os.replace("model/next", Path("model") / file.name)
            reload(server)
        time.sleep(0.2)
        over.set()
        for thread in threads:
            thread.join()
        equal((wrong, seen), ([], {1, 3}), "answers during reloads")
        Path("model/config.json").write_text("{", encoding="utf-8")
        reload(server, "cannot reload")
        equal(len(server.ask("/predict", {"inputs": "w1"})[1]), 1, "labels after a failed reload")


def check_vanished_clients():
    request = b'POST /embed HTTP/1.1\r\nContent-Length: 16\r\n\r\n{"inputs": "w1"}'
    with Server("three", "--client-timeout-ms", "500", "--max-connections", "8") as server:
        for length in [0, 10, 30, len(request) - 1, len(request)] * 8:
            with socket.create_connection(("127.0.0.1", server.port)) as client:
                client.sendall(request[:length])
        stalled = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(16)]
        for client in stalled:
            client.sendall(request[:30])
        equal(server.ask("/embed", {"inputs": "w1"})[0], 200, "an answer after clients that vanished or stalled")
        assert server.metric('rpp_serve_requests_total{path="other",status="408"}') > 0 or \
            server.metric('rpp_serve_requests_total{path="/embed",status="408"}') > 0, "stalled clients get 408"


def main():
    check_answers("three")
    check_answers("three.rpp")
    check_concurrent_answers()
    check_ranks()
    check_limits()
    check_keys()
    check_full_queue_and_end()
    check_reload()
    check_vanished_clients()
    print("all checks passed")


if __name__ == "__main__":
    main()
