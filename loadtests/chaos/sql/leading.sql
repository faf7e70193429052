SELECT epoch, holder FROM writer
