/** What brief 002 says, to the letter: its clients show these texts, and some compare them. */
export const TEXT = {
  sent: 'OTP sent successfully',
  phoneIsMissing: 'Phone number is required',
  phoneIsWrong: 'Invalid phone number format',
  notSent: 'Failed to send OTP. Please try again.',
  tooManySends: 'Too many OTP requests. Please try again later.',
  codeIsMissing: 'OTP code is required',
  codeIsNotNumeric: 'OTP must be numeric',
  codeIsWrong: 'Invalid OTP code',
  codeIsExpired: 'OTP code has expired. Please request a new one.',
  verified: 'OTP verified successfully',
} as const
