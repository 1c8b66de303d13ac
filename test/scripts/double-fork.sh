# Starts $2 times the program $1, each by a parent that ends at once.
i=0
while [ $i -lt "$2" ]; do
  (setsid "$1" 0.2 &)
  i=$((i + 1))
done
