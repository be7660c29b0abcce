# Purifies the counts of a slide with SPLIT, by cell types of spatile: Rscript split.R DATA OUT
# OUT: rctd.rds of spacexr.R, and ours.csv and our-weights.csv (types of spatile); it gets purified.csv and split-facts.csv.
suppressMessages({
  library(Matrix)
  copy <- file.path(commandArgs(trailingOnly = TRUE)[2], 'library')
  library(spacexr, lib.loc = if (dir.exists(copy)) copy else NULL)
  library(SPLIT)
})
arguments <- commandArgs(trailingOnly = TRUE)
data <- arguments[1]
out <- arguments[2]

counts <- as(readMM(file.path(data, 'slide/matrix.mtx')), 'CsparseMatrix')
dimnames(counts) <- list(read.delim(file.path(data, 'slide/features.tsv'), header = FALSE)[[2]],
                         readLines(file.path(data, 'slide/barcodes.tsv')))
rctd <- readRDS(file.path(out, 'rctd.rds'))
ours <- read.csv(file.path(out, 'ours.csv'), row.names = 1, stringsAsFactors = FALSE)
weights <- as.matrix(read.csv(file.path(out, 'our-weights.csv'), row.names = 1, check.names = FALSE))
barcodes <- rownames(rctd@results$results_df)
types <- colnames(rctd@results$weights)
ours <- ours[barcodes, ]
rctd@results$results_df$spot_class <- factor(ours$class, levels = levels(rctd@results$results_df$spot_class))
rctd@results$results_df$first_type <- factor(ours$first, levels = types)
rctd@results$results_df$second_type <- factor(ours$second, levels = types)
rctd@results$weights[] <- weights[barcodes, types]
rctd@results$weights_doublet[] <- as.matrix(ours[, c('w1', 'w2')])

# SPLIT takes entries of a sparse matrix by pairs of names, which older Matrix packages do not know.
if (packageVersion('Matrix') < '1.6') {
  setMethod('[', signature(x = 'dgCMatrix', i = 'matrix', j = 'missing', drop = 'missing'), function(x, i, j, ..., drop) {
    if (is.character(i)) i <- cbind(match(i[, 1], rownames(x)), match(i[, 2], colnames(x)))
    as(x, 'TsparseMatrix')[i]
  })
}
before <- proc.time()
suppressMessages(rctd <- run_post_process_RCTD(rctd))
mixtures <- convert_rctd_result_to_purify_input(rctd)
purified <- suppressWarnings(suppressMessages(purify(
  counts = counts[, barcodes], primary_cell_type = mixtures$primary_cell_type,
  deconvolution_weights = mixtures$deconvolution_weights, reference = t(mixtures$reference))))$purified_counts
seconds <- sum((proc.time() - before)[1:2])
entries <- summary(as(purified, 'CsparseMatrix'))
write.csv(data.frame(cell = colnames(purified)[entries$j], gene = rownames(purified)[entries$i], count = entries$x),
          file.path(out, 'purified.csv'), row.names = FALSE, quote = FALSE)
write.csv(data.frame(name = c('seconds', 'cells'), value = c(seconds, ncol(purified))),
          file.path(out, 'split-facts.csv'), row.names = FALSE, quote = FALSE)
writeLines(colnames(purified), file.path(out, 'purified-cells.csv'))
