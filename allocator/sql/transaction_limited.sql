SET transaction_timeout = '4s'
