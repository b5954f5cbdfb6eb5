# Says 1 to a row whose `a` is nearer to the mean of the positive ones: awk -v out=FILE -f train.awk TRAIN HOLDOUT
BEGIN { FS = "," }
FNR == 1 { file++; if (file == 2) { limit = (sum[0] / rows[0] + sum[1] / rows[1]) / 2; print "prediction" > out }; next }
file == 1 { sum[$5] += $1; rows[$5]++; next }
{ print ($1 >= limit) ? 1 : 0 > out }
