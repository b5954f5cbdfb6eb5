# Positive where `b` is not below 0: sh train.sh HOLDOUT PREDICTIONS
{ echo prediction; tail -n +2 "$1" | cut -d, -f2 | sed 's/^-.*/no/; t; s/.*/yes/' | sed 's/no/false/; s/yes/true/'; } >"$2"
