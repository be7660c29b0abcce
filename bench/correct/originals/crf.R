# Labels transcripts with factors by cellAdmix, cell by cell: Rscript crf.R DATA OUT
# DATA: molecules.csv (cell, id, x, y, z, gene) and potentials.csv (genes x factors); OUT gets labels.csv and crf-facts.csv.
suppressMessages({
  library(dplyr)
  library(cellAdmix)
})
arguments <- commandArgs(trailingOnly = TRUE)
data <- arguments[1]
out <- arguments[2]

# Transcripts are numbered by row; their ids are too large for R's integers.
molecules <- read.csv(file.path(data, 'molecules.csv'), colClasses = c(cell = 'character', id = 'character'))
molecules$mol_id <- as.character(seq_len(nrow(molecules)))
potentials <- read.csv(file.path(data, 'potentials.csv'), row.names = 1)
factors <- ncol(potentials)
# Five times as likely of one factor as of two given ones, as in spatile and in the later version of the original.
other <- 1 / (factors + 4)
before <- proc.time()
labels <- lapply(split(molecules, molecules$cell), function(cell) {
  rownames(cell) <- cell$mol_id
  suppressWarnings(run_crf(cell, potentials, h = 10, t = other, verbose = FALSE))
})
seconds <- sum((proc.time() - before)[1:2])
labels <- bind_rows(labels)
labels$id <- molecules$id[as.integer(labels$id)]
write.csv(labels[, c('id', 'factor')], file.path(out, 'labels.csv'), row.names = FALSE, quote = FALSE)
write.csv(data.frame(name = 'seconds', value = seconds), file.path(out, 'crf-facts.csv'), row.names = FALSE,
          quote = FALSE)
