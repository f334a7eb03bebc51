/**
 * One second (50 frames of 38 bytes) of a 440 Hz tone in narrowband Speex at quality 8, in base64: frames 25 to 74 of what
 * the live encoder gives, so that a repetition joins on a whole period.
 */
export const RECORDED_TONE_BASE64 = [
  'KFSYItO5fVDhddp1/8rMenNc5Nz5JXZ5bn7zYf/yt0fzc36kGLcoVJgi07mZdBX/827uSpCGc3yqGLHlbktQJzWXPJc3JC+b',
  'LqzL5yhUgiDTuB1vFMleklbTmo8uvnD/b+VRWW+Rf///8oeXR7F9sDuXKFSYItOmJWS+2DN+V8rMsi06r5LS5XZbyUfwfzQS',
  't02c3Zcg3kcoVIIg07kcxF4DySRb3A6o5/St/n6lUTS4PXUn//cHo8va3D+q9yhUmCLTpiVvFfJ9BfJcbJkJmq++hyV2bm7l',
  '6X480rdH83N+pBn3KFSYItOVIWbiG59SG4HcxK8B0gi3JW5DblyIZj7SnBgSoqOnZtcoVIIg07gdbjSf2OCVU5pPo2CgHqUl',
  'UVJvVh//alKHmwd1naBPlyhUmCLTlcFknb/alJfcbLLO2xKuSyV2W8lCXzNtsrst3H6vmhr3KFSCINOVIQ248gQ4/NwOqJMO',
  'bTmB5VE9OdDSfp2yh6PLkDHttgcoVJgi07l9FxQTc3wfysx6cCzQoZcldnlvl1//hzK7JTdToLoepyhUmCLTlSH0471O5ZfK',
  'kLJzeSRS8eVuI1lzg2a7lzcX6MtrN3MHKFSCINOUHO7kSf/1cFOasl/6sP9jpVFSb1HD///yh5dHoHrvOScoVJgi05XBZAqc',
  '4LbX3GyeX/vZkkvldlvlQIh/V/K7Lpy8aDmotyhUgiDTlSENuWMEn1JcDrcJOb86AeVRK7nQ0n/8EoesgdtU0vx3KFSYItO5',
  'fVDg6VsF/9xsT4EnC+unJXZ5bn9D/jzSuyq3qztfTkcoVJgi05UhvuIbyVQdSpCPi3ZqYvDublJfftXYk5K3EPPLLccaJyhU',
  'giDTlBzu5EGcPbBTmo8dILVma2VRWW/Pw///8oeXR7F+YA+XKFSYItOmJWWdd7N9SkrMXKE3C8lN5XZb5UZDzJQSt02c3Zcg',
  '3kcoVIIg07kcoWd9OSDb3A63C/SmH56uekOMnbVhJbKHo8vaBO22ByhUmCLTpiVREdJ+hfVKzLqTVfl/mSV2cm8mCdo/MrdO',
  's3N+j6+nKFSYItOVIWbkW54yG4Hg6+S0ubenLnBDUDjMb/uXNxo6TcozyicoVIIg09ydbjc/3/8zU5qPLtC/HkOlUVlvl0d/',
  '//KHl0exeQe+RyhUmCLTpiVlnIWzflfcbGXPbdJzKiV2W+VFX001srs6HMKoOZC3KFSCINOVIQ25YwV4/NwO6Av/7YOR5VFJ',
  'jTczf//yh6PLkg/StHcoVJgi07l9bjQJW32TXGyZxmkvHwcldnlvk/XB+lK3TrNzfrkYtyhUmCLTuZlmhh+n/u5KkIZzdJyo',
  'tKVuUVkclpaUlzcWN5HOrHBnKFSCINOUHO7gUE18kFOaT72Yr73ILlFSZs/X/qXyh5dHsX2HHScoVJgi05XBZLwcj/yX3Gyq',
  'LqLmkksldlvJRz9/sdK7KhxDKiQK9yhUgiDTlSENunlaOPJcDreI62u/kuVRPTnVValtsoejy9oE5v03KFSYItO5fW4xyVv9',
  '81xsj7+ZL7/HJXZ5b5P22j2yuyq3jztvHkcoVJgi05UhvuIbyVKdSpCyioZktLTublXb0sFYllKkF/ddzfdypyhUgiDTlBzu',
  '5rAH/zBTmo8vnm//n6VRUm9Ryf//8oeXS3V64B5nKFSYItOmJWS/Pw99VtxsmS6i0tpL5XZbyUT2jyQSuyocvyf2qvcoVIIg',
  '05Ugjb5uDZ5yU5qoCm2oqvSlUSC5cFN/+dKHnLzIu/m29yhUmCLTuX1Q4OlWne1cbGRTlwvrpyV2bm8j4fw80rdOs3N+thi3',
  'KFSYItOVHWcm7PcHJUqQsqtxHKi2ZW5TWQ5MDp1Stxs65GszGtcoVIIg05Qc7uRYWwcj05qPLrtgHrglUVJvWcP///KHl0ex',
  'ev8upyhUmCLTlcEenakc1VfcbKTNi9qSSyV2VGTqSiddsrs+nB6u0ub3KFSCINOVIQ2/Q23V8lwOqKv+bf4C5VEsOdDSJ/cy',
  'h6PLkvT/tTcoVJgi07l9bjHJW/3pSsxzyUzi32cldnlvk/baPNK7ILdAe0ctxyhUmCLTlSHm4hvJJhvKkFwbddxTfqVuSCic',
  'gWeslzckA+KvA8gnKFSCINOUHPTjnU4/81Oajy+bdR5L7npZZi23zWlyh5UzsLGOH5coVJgi06Yl5Z13zD8/SsyyzHq1kCvl',
  'dnRlRV/+l3K7Mty9wuT+9yhUgiDTlSENv0MERfVcDugL/+3+AeVRL7nXM0CScoejy5IDuf8HKFSYItO5fVDg7PN/7UrMc8lM',
  '4t1nJXZ5bnvh2jpSt0Lzc36yqLcoVJgi07mZPjD/827uXNyGG36cC3clbkNYLNWW1Jc3G/flzd1xxyhUgiDTuB1uNzAH+lbT',
  'mo8ubm//m2VRWW7g/9ttsoeXR7F9sE0nKFSYItO5fWRfNt//dVxsmc7S/9pLJXZb5UJQJyQSuzLG+qvkSvcoVIIg07kcqFlw',
  'ZNOb3A6zR7S//gTlUSm4+NUdb+BDnKMMK9mTdw==',
].join('');
