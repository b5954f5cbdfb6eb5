# A logistic regression: Rscript train.R TRAIN HOLDOUT PREDICTIONS
paths <- commandArgs(trailingOnly = TRUE)
train <- read.csv(paths[1])
holdout <- read.csv(paths[2])
model <- glm(I(left == "yes") ~ age + visits, family = binomial, data = train)
scores <- predict(model, holdout, type = "response")
write.csv(data.frame(score = scores), paths[3], row.names = FALSE)
