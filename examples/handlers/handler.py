# A handler in Python: hurricane consume --handler-exec 'python3 examples/handlers/handler.py' --queue tasks
# One JSON object per line: messages on stdin, what became of them on stdout. Prints for people go to stderr.
import base64
import json
import sys


def say(**word):
    print(json.dumps(word), flush=True)


say(t="ready")
for line in sys.stdin:
    word = json.loads(line)
    if word["t"] != "msg":
        continue
    body = base64.b64decode(word["body64"]).decode()
    print(f"attempt {word['attempt']}: {body}", file=sys.stderr, flush=True)
    if json.loads(body).get("fail"):
        say(id=word["id"], r="retry", reason="this one fails")
    else:
        say(id=word["id"], r="ack")
