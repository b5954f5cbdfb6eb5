// A logistic regression by gradient descent: node train.js TRAIN HOLDOUT PREDICTIONS
const fs = require("fs");
const [trainPath, holdoutPath, out] = process.argv.slice(2);

const read = (path) => {
  const [header, ...lines] = fs.readFileSync(path, "utf8").trim().split("\n");
  const names = header.split(",");
  return lines.map((line) => Object.fromEntries(line.split(",").map((value, place) => [names[place], value])));
};
const features = (row) => [1, row.age / 100, row.visits / 20];
const score = (weights, x) => 1 / (1 + Math.exp(-x.reduce((sum, value, place) => sum + value * weights[place], 0)));

const rows = read(trainPath).map((row) => [features(row), row.left === "yes" ? 1 : 0]);
const weights = [0, 0, 0];
for (let step = 0; step < 3000; step++) {
  const slope = [0, 0, 0];
  for (const [x, y] of rows) {
    const error = score(weights, x) - y;
    x.forEach((value, place) => (slope[place] += (error * value) / rows.length));
  }
  slope.forEach((value, place) => (weights[place] -= 2 * value));
}
const scores = read(holdoutPath).map((row) => score(weights, features(row)));
fs.writeFileSync(out, ["score", ...scores].join("\n") + "\n");
