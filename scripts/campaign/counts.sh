# For the scripts that add up what others have counted.

# counts FILE: "P F" of the line "P passed, F failed" that ends it, whatever stands before; nothing where another line does.
counts() { tail -1 "$1" | sed -nE 's/^(.*: )?([0-9]+) passed, ([0-9]+) failed$/\2 \3/p'; }
