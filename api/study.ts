/** Studies as grids of runs, results that are kept, statistics over seeds and tasks, comparisons. */
export { type Aggregate, type Aggregates } from "../tools/study/compare-aggregate.js";
export { curveBand, finalValue, meanCurve, pointsOf, type Band, type Estimate } from "../tools/study/compare-curves.js";
export {
  aggregateFigure,
  comparisonFigures,
  scoresFigure,
  taskCurves,
  type Captioned,
} from "../tools/study/compare-figures.js";
export { distinct, methodName, type ComparedRun, type Group } from "../tools/study/compare-groups.js";
export { comparisonPage } from "../tools/study/compare-page.js";
export { aggregateTable, groupTable, type Table } from "../tools/study/compare-table.js";
export {
  AGAINST,
  compare,
  usableAgainst,
  type Against,
  type CompareOptions,
  type Comparison,
  type Metric,
} from "../tools/study/compare.js";
export { gradientsAgainstHorizon, gradientsCsv, type HorizonQuality } from "../tools/study/gradients.js";
export { type Job, type StudySettings } from "../tools/study/job.js";
export { largestBlock, type Block } from "../tools/study/largest-block.js";
export { quantile } from "../tools/study/quantile.js";
export { resultPath, type ResultPlace } from "../tools/study/result-place.js";
export {
  readResult,
  readResults,
  saveResult,
  type Result,
  type ResultRecord,
  type SaveOptions,
} from "../tools/study/results.js";
export { type Range, type Search } from "../tools/study/search.js";
export {
  bootstrapInterval,
  commonGrid,
  interpolate,
  interquartileCurve,
  interquartileMean,
  mean,
  meanScore,
  medianScore,
  optimalityGap,
  performanceProfile,
  probabilityOfImprovement,
  stratifiedBootstrap,
  type BootstrapOptions,
  type Interval,
  type Points,
  type Runs,
} from "../tools/study/statistics.js";
export { defineStudy, jobsOf, loadStudy, trainArguments, type Study } from "../tools/study/study.js";
export { timed, type Timed } from "../tools/study/timed.js";
