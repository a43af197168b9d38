int x_; 
