#include <stdio.h>
#include <string.h>

/* Positive from 0.1 on, of the columns a and b together: train HOLDOUT PREDICTIONS */
int main(int count, char **paths) {
    char line[4096];
    double a, b;
    if (count != 3) return 2;
    FILE *rows = fopen(paths[1], "r"), *out = fopen(paths[2], "w");
    if (!rows || !out || !fgets(line, sizeof line, rows)) return 1;
    fputs("prediction\n", out);
    while (fgets(line, sizeof line, rows)) {
        if (sscanf(line, "%lf,%lf", &a, &b) != 2) return 1;
        fprintf(out, "%d\n", a + b >= 0.1);
    }
    return fclose(out);
}
