# Types the cells of a slide with spacexr on one core: Rscript spacexr.R DATA OUT
# DATA: slide, reference, places.csv, labels.csv, likelihood.bin; OUT gets results.csv, weights.csv, facts.csv and rctd.rds.
suppressMessages(library(Matrix))
arguments <- commandArgs(trailingOnly = TRUE)
data <- arguments[1]
out <- arguments[2]

# The published likelihood tables are large files that a clone may lack; then a copy of the package is given ours.
given_tables <- function() {
  if (nzchar(system.file('extdata/Qmat/Q_mat_1.rds', package = 'spacexr'))) return(NULL)
  library_of_copy <- file.path(out, 'library')
  dir.create(library_of_copy)
  file.copy(find.package('spacexr'), library_of_copy, recursive = TRUE)
  folder <- file.path(library_of_copy, 'spacexr/extdata/Qmat')
  sigmas <- c(10:70, (36:100) * 2)
  rates <- length(readRDS(file.path(folder, 'X_vals.rds')))
  path <- file.path(data, 'likelihood.bin')
  values <- readBin(path, 'double', file.size(path) / 8)
  rows <- length(values) / rates / length(sigmas)
  tables <- lapply(seq_along(sigmas), function(i) {
    matrix(values[((i - 1) * rows * rates + 1):(i * rows * rates)], rows, rates, byrow = TRUE)
  })
  names(tables) <- sigmas
  for (part in 1:5) {
    saveRDS(tables[cut(seq_along(tables), 5, labels = FALSE) == part],
            file.path(folder, paste0('Q_mat_', part, '.rds')), compress = FALSE)
  }
  library_of_copy
}
suppressMessages(library(spacexr, lib.loc = given_tables()))

read_counts <- function(folder) {
  counts <- as(readMM(file.path(folder, 'matrix.mtx')), 'CsparseMatrix')
  dimnames(counts) <- list(read.delim(file.path(folder, 'features.tsv'), header = FALSE)[[2]],
                           readLines(file.path(folder, 'barcodes.tsv')))
  counts
}
facts <- c()
# Processor seconds of a step, under its name in facts.csv.
timed <- function(name, step) {
  before <- proc.time()
  value <- step
  facts[name] <<- sum((proc.time() - before)[1:2])
  value
}

counts <- read_counts(file.path(data, 'slide'))
reference_counts <- read_counts(file.path(data, 'reference'))
places <- read.csv(file.path(data, 'places.csv'), row.names = 1)
labels <- read.csv(file.path(data, 'labels.csv'))
set.seed(1)
rctd <- timed('prepare', create.RCTD(
  SpatialRNA(places, counts, colSums(counts)),
  Reference(reference_counts, setNames(factor(labels$cell_type), labels$barcode),
            colSums(reference_counts), min_UMI = 10),
  max_cores = 1, UMI_min = 10, UMI_min_sigma = 100))
rctd <- timed('bulk', fitBulk(rctd))
rctd <- timed('sigma', choose_sigma_c(rctd))
rctd <- timed('types', fitPixels(rctd, doublet_mode = 'doublet'))

weights <- as.matrix(rctd@results$weights)
results <- rctd@results$results_df
doublet <- rctd@results$weights_doublet
write.csv(data.frame(barcode = rownames(results), class = results$spot_class, first = results$first_type,
                     second = results$second_type, w1 = doublet[, 1], w2 = doublet[, 2]),
          file.path(out, 'results.csv'), row.names = FALSE, quote = FALSE)
write.csv(weights, file.path(out, 'weights.csv'), quote = FALSE)
facts['sigma_value'] <- rctd@internal_vars$sigma
facts['genes'] <- length(rctd@internal_vars$gene_list_reg)
write.csv(data.frame(name = names(facts), value = facts), file.path(out, 'facts.csv'), row.names = FALSE,
          quote = FALSE)
saveRDS(rctd, file.path(out, 'rctd.rds'))
