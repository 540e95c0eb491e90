import { bilingual, formatCount } from './language.ts';

/** Of what runs where, and of the measurement of a GPU. The texts of a measurement come in English: `said` turns them. */
export const machineTexts = bilingual({
  en: {
    machine: 'What runs where',
    reading: 'Reading pictures',
    searching: 'Searching',
    notYet: 'not needed yet',
    onCpu: (threads: number) => `processor, ${formatCount(threads)} ${threads === 1 ? 'thread' : 'threads'}`,
    onGpu: 'graphics processor (WebGPU)',
    cpu: 'processor',
    details: 'Details',
    values: 'Values of a picture',
    made: 'Model',
    store: 'Kept as',
    files: 'Model’s files',
    gpu: 'How fast is the graphics processor?',
    gpuWhy: 'Searches made-up features, with nothing of yours, and shows how long each search takes.',
    measure: 'Measure the search',
    size: 'How much to search',
    sizeOf: (rows: number, values: number) => `${formatCount(rows)} × ${formatCount(values)}`,
    starting: 'Starting…',
    measured: 'Measured.',
    measuredSoftware:
      'Measured, on a software adapter: the search is right there, but its times say nothing of a GPU.',
    cancel: 'Cancel',
    cancelled: 'Cancelled.',
    nothing: (why: string) => `There is nothing to measure: ${why}`,
    failed: (why: string) => `The measurement failed: ${why || 'its worker did not start'}`,
    noWebGpu: 'This browser has no WebGPU: there is no graphics processor to measure.',
    notSecure:
      'Browsers have WebGPU on pages of https and of localhost only: there is no graphics processor to measure.',
    busy: 'The page is at work. It can be measured when that is done.',
    caption: (n: number, d: number, k: number) => `${n} × ${d}, ${k} nearest`,
    adapter: 'Adapter',
    kernels: 'Kernels',
    browser: 'Browser',
    date: 'Date',
    copy: 'Copy as JSON',
    copied: 'The measurement was copied.',
    save: 'Save as JSON',
    said: (text: string) => text,
  },
  zh: {
    machine: '运行方式',
    reading: '读取图片',
    searching: '搜索',
    notYet: '尚未使用',
    onCpu: (threads: number) => `处理器，${formatCount(threads)} 个线程`,
    onGpu: '图形处理器（WebGPU）',
    cpu: '处理器',
    details: '详细信息',
    values: '每张图片的数值个数',
    made: '模型',
    store: '存储位置',
    files: '模型文件',
    gpu: '图形处理器有多快？',
    gpuWhy: '用生成的特征进行搜索（不涉及您的图片），并显示每次搜索所需的时间。',
    measure: '测量搜索速度',
    size: '搜索规模',
    sizeOf: (rows: number, values: number) => `${formatCount(rows)} × ${formatCount(values)}`,
    starting: '正在启动……',
    measured: '测量完成。',
    measuredSoftware: '测量完成，但使用的是软件适配器：搜索结果正确，时间不能代表图形处理器。',
    cancel: '取消',
    cancelled: '已取消。',
    nothing: (why: string) => `无法测量：${why}`,
    failed: (why: string) => `测量失败：${why || '后台线程未能启动'}`,
    noWebGpu: '此浏览器没有 WebGPU：没有可测量的图形处理器。',
    notSecure: '浏览器只在 https 和 localhost 页面上提供 WebGPU：没有可测量的图形处理器。',
    busy: '页面正在工作，完成后即可测量。',
    caption: (n: number, d: number, k: number) => `${n} × ${d}，最近 ${k} 个`,
    adapter: '适配器',
    kernels: '计算方式',
    browser: '浏览器',
    date: '日期',
    copy: '复制为 JSON',
    copied: '测量结果已复制。',
    save: '保存为 JSON',
    said: (text: string) =>
      text
        .replace('Opening the GPU', '正在打开图形处理器')
        .replace('quantised rows', '量化向量')
        .replace('float32 rows', 'float32 向量')
        .replace(/^quantised/, '量化')
        .replace(/, (one|1) query$/, '，1 个查询')
        .replace(/, (\d+) queries$/, '，$1 个查询')
        .replace('MB moved', '传输的 MB')
        .replace('dispatches', '调度次数')
        .replace('submissions', '提交次数')
        .replace(/^floor ms at (\d+) GB\/s$/, '$1 GB/s 时的下限（毫秒）')
        .replace('median ms', '中位数（毫秒）')
        .replace('min ms', '最小（毫秒）')
        .replace('max ms', '最大（毫秒）')
        .replace(/^runs$/, '次数'),
  },
});
